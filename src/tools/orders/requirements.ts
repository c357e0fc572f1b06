import { isNotFound } from '../../api/errors.ts';
import { kindOf } from '../../api/format.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import type { NumberRequirements } from '../../api/schemas/orders.ts';
import { cutToLength } from '../format/table.ts';
import { operationTool } from '../tool.ts';
import { attachmentLines, fieldLines } from './requirements-text.ts';

const ASK = 'Ask the user for every value; never make one up.';

export const lookupNumberRequirements = operationTool({
  name: 'lookup_number_requirements',
  title: 'Look up number requirements',
  description:
    'What a country requires for a phone number: registration data, documents. First step of an order; then create_number_order.',
  operation: orderOperations.lookupNumberRequirements,
  async handler(input, { numbers, signal }) {
    const kind = kindOf({ regionCode: input.regionCode, type: input.numberType });
    const next = `Next: create_number_order ${JSON.stringify({ ...input, numberOrderOption: { phoneNumbers: ['+…'] } })}, with a number that search_available_numbers finds, or quantityOrderOption.`;
    let found: NumberRequirements;
    try {
      found = await numbers.call(orderOperations.lookupNumberRequirements, input, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const none = `No requirements on file for ${kind}: an order needs no registration, unless the API says otherwise later.`;
      return { text: `${none}\n${next}`, structured: { attachments: [] }, hints: [none, next] };
    }
    const fields = fieldLines(found.fields ?? {});
    const files = attachmentLines(found);
    const { text, shown } = cutToLength([...fields, ...files], (lines) => lines.join('\n'));
    const all = fields.length + files.length;
    const cut =
      shown < all
        ? [`CUT: ${shown} of ${all} lines. What else is missing: update_number_order_registration names it.`]
        : [];
    const lines = [
      all === 0
        ? `${kind} needs an order, and neither data nor files for it.`
        : `${kind} asks for ${fields.length === 0 ? 'no data' : 'this, in requestDetails'}${files.length > 0 ? ', and these files' : ''}:`,
      ...(all === 0 ? [] : [text]),
      ...cut,
      ASK,
      next,
    ];
    return { text: lines.join('\n'), structured: found, hints: [...cut, ASK, next] };
  },
});
