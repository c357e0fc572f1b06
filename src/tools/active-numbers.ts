import { DEFAULT_SIZE, operations } from '../numbers/operations.ts';
import { sanitize } from '../numbers/sanitize.ts';
import { ACTIVE_NUMBERS_URI, activeNumberUri } from '../resources/uris.ts';
import { activeNumberRow, activeNumberText, failureNotes, patternHint, table } from './text.ts';
import { operationTool } from './tool.ts';

export const listActiveNumbers = operationTool({
  name: 'list_active_numbers',
  title: 'List rented numbers',
  description:
    'List the numbers this project rents, a page at a time: price, linked services, provisioning state. Filters are optional. One known number: get_active_number. Numbers on offer: search_available_numbers.',
  operation: operations.listActiveNumbers,
  async handler(input, { numbers, signal }) {
    const pageSize = input.pageSize ?? DEFAULT_SIZE;
    const answer = sanitize(await numbers.call(operations.listActiveNumbers, { ...input, pageSize }, signal));
    const { activeNumbers, nextPageToken, totalSize } = answer;
    const hint = activeNumbers.length === 0 ? patternHint(input.numberPattern) : undefined;
    const lines = [
      ...(activeNumbers.length > 0 ? [table(activeNumbers.map(activeNumberRow))] : []),
      ...failureNotes(activeNumbers),
      `${activeNumbers.length} of ${totalSize ?? 'an unknown number'}.`,
      ...(hint === undefined ? [] : [hint]),
      ...(nextPageToken ? [`Next page: the same arguments and pageToken ${nextPageToken}`] : []),
    ];
    return { text: lines.join('\n'), structured: answer };
  },
});

export const getActiveNumber = operationTool({
  name: 'get_active_number',
  title: 'Get rented number',
  description:
    'Read one number this project rents: price, dates, linked services, callback URL, and provisioning with what a failure means. To follow provisioning: wait_for_provisioning. Numbers not rented: check_number_availability.',
  operation: operations.getActiveNumber,
  async handler(input, { numbers, signal }) {
    const answer = sanitize(await numbers.call(operations.getActiveNumber, input, signal));
    return { text: activeNumberText(answer), structured: answer };
  },
});

export const updateActiveNumber = operationTool({
  name: 'update_active_number',
  title: 'Update rented number',
  description:
    'Rename a rented number, set its callback URL, link or unlink SMS or voice. "" as servicePlanId or campaignId unlinks. Unlink before linking to another plan or campaign: two calls. Leave out what shall stay. Links are jobs: follow with wait_for_provisioning. Unlinking stops traffic at once.',
  operation: operations.updateActiveNumber,
  async handler(input, { numbers, signal }) {
    const answer = sanitize(await numbers.call(operations.updateActiveNumber, input, signal));
    return {
      text: `Updated.\n${activeNumberText(answer)}`,
      structured: answer,
      changed: [ACTIVE_NUMBERS_URI, activeNumberUri(input.phoneNumber)],
    };
  },
});
