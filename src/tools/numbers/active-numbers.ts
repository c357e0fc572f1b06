import { DEFAULT_SIZE, operations } from '../../api/operations/numbers.ts';
import { presentActiveNumber } from '../../api/present-active-number.ts';
import { patternHint } from '../format/pattern.ts';
import { cutToLength } from '../format/table.ts';
import { activeNumbersText, numberNotes } from '../format/text.ts';
import { operationTool } from '../tool.ts';

/** Rows of other pages may be longer than those that fitted here. */
const FITTING = 0.75;

export const listActiveNumbers = operationTool({
  name: 'list_active_numbers',
  title: 'List rented numbers',
  description:
    'List the phone numbers this project rents, in pages: price, links, provisioning. One known number: get_active_number. By name, link or state: find_active_numbers. Numbers on offer: search_available_numbers.',
  operation: operations.listActiveNumbers,
  async handler(input, { numbers, signal }) {
    const pageSize = input.pageSize ?? DEFAULT_SIZE;
    const page = await numbers.call(operations.listActiveNumbers, { ...input, pageSize }, signal);
    const activeNumbers = page.activeNumbers.map(presentActiveNumber);
    const { nextPageToken, totalSize } = page;
    const { length } = activeNumbers;
    const hint = length === 0 ? patternHint(input.numberPattern) : undefined;
    const { text, shown } = cutToLength(activeNumbers, (some) => activeNumbersText(some));
    const told = activeNumbers.slice(0, shown);
    const isCut = shown < length;
    const cut = isCut
      ? `CUT: only the first ${shown} of the page's ${length}. For the others: the same call with pageSize ${Math.ceil(shown * FITTING)}, and its page tokens.`
      : undefined;
    const lines = [
      length > 0 ? text : undefined,
      cut,
      `${length} of ${totalSize ?? 'an unknown number'}.`,
      hint,
      nextPageToken && !isCut
        ? `Next page: the same arguments and pageToken ${pageTokenText(nextPageToken)}`
        : undefined,
    ];
    return {
      text: lines.filter((line) => line !== undefined).join('\n'),
      structured: {
        activeNumbers: told,
        ...(totalSize !== undefined && { totalSize }),
        // It leads past the numbers that were cut.
        ...(isCut ? { truncated: { shown, total: length } } : nextPageToken && { nextPageToken }),
      },
      hints: [...numberNotes(told), cut, hint].filter((line) => line !== undefined),
    };
  },
});

export const getActiveNumber = operationTool({
  name: 'get_active_number',
  title: 'Get rented number',
  description:
    'Read one rented phone number: price, dates, links, callback URL, provisioning and what a failure means. To follow a job: wait_for_provisioning. Numbers not rented: check_number_availability.',
  operation: operations.getActiveNumber,
  async handler(input, { numbers, signal }) {
    const answer = presentActiveNumber(await numbers.call(operations.getActiveNumber, input, signal));
    const hints = numberNotes([answer]);
    return { text: activeNumbersText([answer], hints), structured: answer, hints };
  },
});

/** An opaque token, to be sent back as it is: in quotes and escaped where it could pass for words. */
function pageTokenText(token: string): string {
  if (/^[\w+/=.:~-]+$/.test(token)) return token;
  return JSON.stringify(token).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
