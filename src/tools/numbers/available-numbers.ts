import { DEFAULT_SIZE, operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { patternText } from '../format/pattern.ts';
import { cutToLength, table } from '../format/table.ts';
import { availableNumberRow } from '../format/text.ts';
import { operationTool } from '../tool.ts';
import { explainNoMatch } from './nearest-numbers.ts';

export const searchAvailableNumbers = operationTool({
  name: 'search_available_numbers',
  title: 'Search available numbers',
  description:
    'Find local, mobile or toll-free phone numbers to rent (buy), with prices. Costs nothing. Regions and types: list_available_regions. One known number: check_number_availability. Numbers already rented: list_active_numbers. No further pages: narrow numberPattern, or raise size.',
  operation: operations.listAvailableNumbers,
  async handler(input, { numbers, signal }) {
    const size = input.size ?? DEFAULT_SIZE;
    const answer = sanitize(await numbers.call(operations.listAvailableNumbers, { ...input, size }, signal));
    const found = answer.availableNumbers;
    if (found.length === 0) {
      const { text, ...nearest } = await explainNoMatch(input, { numbers, signal });
      return { text, structured: { ...answer, ...nearest }, hints: [text] };
    }
    const { text, shown } = cutToLength(found, (items) => table(items.map(availableNumberRow)));
    const isCut = shown < found.length;
    const cut = isCut
      ? [`CUT: only the first ${shown} of ${found.length}. For the others narrow numberPattern.`]
      : [];
    const more = found.length >= size ? ['There may be more: raise size, or narrow numberPattern.'] : [];
    const count = `${found.length} found${patternText(input.numberPattern)}.`;
    return {
      text: [text, ...cut, [count, ...more].join(' ')].join('\n'),
      structured: {
        availableNumbers: found.slice(0, shown),
        ...(isCut && { truncated: { shown, total: found.length } }),
      },
      hints: [...cut, ...more],
    };
  },
});

export const checkNumberAvailability = operationTool({
  name: 'check_number_availability',
  title: 'Check number availability',
  description:
    'Whether one phone number can be rented (bought) now, and its price. Costs and reserves nothing. To find numbers: search_available_numbers. A number you rent: get_active_number.',
  operation: operations.getAvailableNumber,
  async handler(input, { numbers, signal }) {
    const answer = sanitize(await numbers.call(operations.getAvailableNumber, input, signal));
    return { text: `On offer:\n${table([availableNumberRow(answer)])}`, structured: answer };
  },
});
