import { orderOperations } from '../../api/operations/orders.ts';
import { orderResult } from '../../approval/outcome.ts';
import { concernedOrder } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool } from '../tool.ts';
import { orderText } from './order-text.ts';

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
    const { text, ...result } = gatedResult(answer, concernedOrder);
    return { ...result, text: order === undefined ? text : `${text}\n${orderText(order, clock.now())}` };
  },
});
