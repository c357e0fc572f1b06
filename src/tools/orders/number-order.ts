import { isNumbersError } from '../../api/errors.ts';
import { causeOf } from '../../api/failure.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { sanitize } from '../../api/sanitize.ts';
import { NUMBER_ORDERS_URI } from '../../resources/uris.ts';
import { operationTool } from '../tool.ts';
import { tellOrder } from './order-text.ts';

export const createNumberOrder = operationTool({
  name: 'create_number_order',
  title: 'Create number order',
  description:
    'Order phone numbers of any country: reserves them for a while, costs nothing before submit_number_order. Links are given here, once. In doubt never repeat. US LOCAL at once: rent_number.',
  operation: orderOperations.createNumberOrder,
  async handler(input, { numbers, orders, clock, signal }) {
    try {
      const order = sanitize(await numbers.call(orderOperations.createNumberOrder, input, signal));
      const { callbackUrl } = input;
      const isKept = await orders.keep(order, callbackUrl === undefined ? {} : { callbackUrl });
      const wanted = input.quantityOrderOption?.requestedQuantity ?? 1;
      const { length } = order.orderNumbers;
      const notes = [
        ...(length === wanted ? [] : [`Tell the user: ${wanted} were wanted, and it holds ${length}.`]),
        ...(isKept
          ? []
          : ['Keep its ID: it could not be written down here (see the log), and the API has no list.']),
      ];
      const told = tellOrder(order, clock.now());
      return {
        text: [told.text, ...notes].join('\n'),
        structured: told.order,
        hints: [...told.hints, ...notes],
        changed: [NUMBER_ORDERS_URI],
      };
    } catch (error) {
      if (!isNumbersError(error) || error.acted === 'no') throw error;
      const message = `The answer was lost (${causeOf(error).replace(/\.$/, '')}), and the API has no list of orders: whether there is one now nobody can tell. It was not repeated. If there is, it costs nothing and gives its numbers back when it expires, in 48 hours at most. Until then order other numbers: search_available_numbers.`;
      return {
        text: `unknown: ${message}`,
        structured: { outcome: 'unknown', message },
        isError: true,
      };
    }
  },
});

export const getNumberOrder = operationTool({
  name: 'get_number_order',
  title: 'Get number order',
  description: 'Where an order stands, its numbers, prices, next step. All: list_number_orders.',
  operation: orderOperations.getNumberOrder,
  async handler(input, { numbers, orders, clock, signal }) {
    const order = sanitize(await numbers.call(orderOperations.getNumberOrder, input, signal));
    await orders.keep(order);
    const { text, hints, order: structured } = tellOrder(order, clock.now());
    return { text, structured, hints };
  },
});
