import { quote } from '../../api/format.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { registeredDetails } from '../../api/registration.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { Registration } from '../../api/schemas/orders.ts';
import { operationTool } from '../tool.ts';
import { cutLines, cutStatus, fileLines, reviewLines } from './order-text.ts';

export const getNumberOrderRegistration = operationTool({
  name: 'get_number_order_registration',
  title: 'Get registration of an order',
  description:
    'What was registered for an order, its files, what the review says. To change it: update_number_order_registration.',
  operation: orderOperations.getNumberOrderRegistration,
  async handler(input, { numbers, signal }) {
    const answer = await numbers.call(orderOperations.getNumberOrderRegistration, input, signal);
    const details = registeredDetails(answer);
    const isEmpty = details === undefined || Object.keys(details).length === 0;
    const json = JSON.stringify(details ?? {});
    const isCut = json.length > MAX_DETAILS;
    const cut = isCut
      ? [`CUT: ${MAX_DETAILS} of ${json.length} characters. Send no part of it as the whole.`]
      : [];
    const lines = [
      isEmpty ? 'Nothing is registered.' : `Registered: ${quote(json, MAX_DETAILS)}`,
      ...cut,
      ...statusLines(answer),
    ];
    return { text: lines.join('\n'), structured: cutStatus(answer), hints: [...cut, ...cutLines(answer)] };
  },
});

export const updateNumberOrderRegistration = operationTool({
  name: 'update_number_order_registration',
  title: 'Register data for an order',
  description:
    'Register the data that lookup_number_requirements asks for; replaces the whole, is checked at once. Take it from the user, never make it up.',
  operation: orderOperations.updateNumberOrderRegistration,
  async handler(input, { numbers, signal }) {
    const answer = await numbers.call(orderOperations.updateNumberOrderRegistration, input, signal);
    const { numberOrderId } = input;
    const isWaiting = answer.attachments.some(({ uploadStatus }) => uploadStatus !== 'COMPLETED');
    const next = `Next: ${isWaiting ? 'upload_number_order_attachment for each mandatory file, then ' : ''}submit_number_order ${JSON.stringify({ numberOrderId })}.`;
    const lines = ['Registered: the data meets the requirements.', ...statusLines(answer), next];
    return { text: lines.join('\n'), structured: cutStatus(answer), hints: [...cutLines(answer), next] };
  },
});

const MAX_DETAILS = 20_000;

/** The files and what the review says. */
export function statusLines(answer: Registration): string[] {
  const { attachments, logs } = sanitize({ attachments: answer.attachments, logs: answer.logs });
  const status = { attachments, logs };
  return [...fileLines(status), ...reviewLines(status), ...cutLines(status)];
}
