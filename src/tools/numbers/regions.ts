import { enumValue, quote } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { table } from '../format/table.ts';
import { operationTool } from '../tool.ts';

export const listAvailableRegions = operationTool({
  name: 'list_available_regions',
  title: 'List available regions',
  description:
    'List the regions (countries) in which phone numbers are offered, with their types: regionCode and type for search_available_numbers.',
  operation: operations.listAvailableRegions,
  async handler(input, { numbers, signal }) {
    const answer = sanitize(await numbers.call(operations.listAvailableRegions, input, signal));
    const rows = answer.availableRegions.map(({ regionCode, regionName, types }) => [
      [regionCode === undefined ? '??' : enumValue(regionCode), regionName && nameOf(regionName)]
        .filter(Boolean)
        .join(' '),
      types?.map(enumValue).join(', ') ?? '',
    ]);
    const lines = [...(rows.length > 0 ? [table(rows)] : []), `${rows.length} regions.`];
    return { text: lines.join('\n'), structured: answer };
  },
});

/** A country's name: as it is where it looks like one, in quotes where it could be more than that. */
function nameOf(text: string): string {
  return /^\p{L}[\p{L}\p{M} .'’()-]{0,39}$/u.test(text) ? text : quote(text);
}
