import { DEFAULT_SIZE, operations } from '../numbers/operations.ts';
import { sanitize } from '../numbers/sanitize.ts';
import { availableNumberRow, patternHint, table } from './text.ts';
import { operationTool } from './tool.ts';

export const searchAvailableNumbers = operationTool({
  name: 'search_available_numbers',
  title: 'Search available numbers',
  description:
    'Find numbers that can be rented, with prices. Costs nothing. Which regions and types exist: list_available_regions. One known number: check_number_availability. Numbers already rented: list_active_numbers. There are no further pages: narrow by numberPattern, or raise size.',
  operation: operations.listAvailableNumbers,
  async handler(input, { numbers, signal }) {
    const size = input.size ?? DEFAULT_SIZE;
    const answer = sanitize(await numbers.call(operations.listAvailableNumbers, { ...input, size }, signal));
    const found = answer.availableNumbers;
    if (found.length === 0) return { text: noneFound(input.numberPattern), structured: answer };
    const more = found.length >= size ? ' There may be more: raise size, or narrow numberPattern.' : '';
    return {
      text: `${table(found.map(availableNumberRow))}\n${found.length} found.${more}`,
      structured: answer,
    };
  },
});

export const checkNumberAvailability = operationTool({
  name: 'check_number_availability',
  title: 'Check number availability',
  description:
    'Check whether one number can be rented now, and what it costs. Costs nothing and reserves nothing. To find numbers use search_available_numbers; for a number you rent use get_active_number.',
  operation: operations.getAvailableNumber,
  async handler(input, { numbers, signal }) {
    const answer = sanitize(await numbers.call(operations.getAvailableNumber, input, signal));
    return { text: `On offer:\n${table([availableNumberRow(answer)])}`, structured: answer };
  },
});

function noneFound(pattern: Parameters<typeof patternHint>[0]): string {
  const hint =
    patternHint(pattern) ??
    'Loosen numberPattern or capabilities, or try another type; list_available_regions shows what is offered.';
  return `No numbers match. ${hint}`;
}
