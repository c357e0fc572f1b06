import { orderOperations } from '../../api/operations/orders.ts';
import { orderResult } from '../../approval/outcome.ts';
import { concernedOrder } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool } from '../tool.ts';
import { tellOrder } from './order-text.ts';

export const submitNumberOrder = gatedTool({
  name: 'submit_number_order',
  title: 'Submit number order',
  description:
    'Buy the numbers of an order, after a review; cannot be cancelled. Asks the user first. Then wait_for_number_order. In doubt never repeat: get_number_order.',
  operation: orderOperations.submitNumberOrder,
  output: orderResult,
  async handler({ confirmationToken, ...input }, { operations: gated, confirm, orders, clock }) {
    const answer = await confirm(gated.submitNumberOrder, input, confirmationToken);
    const { order } = answer.result;
    if (order !== undefined) await orders.keep(order);
    const result = gatedResult(answer, concernedOrder);
    if (order === undefined) return result;
    const told = tellOrder(order, clock.now());
    return {
      ...result,
      text: `${result.text}\n${told.text}`,
      structured: { ...result.structured, order: told.order },
      hints: told.hints,
    };
  },
});
