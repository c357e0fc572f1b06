import * as z from 'zod';
import { InvalidRequestError } from '../../api/errors.ts';
import { counted, minute } from '../../api/format.ts';
import { DEFAULT_SIZE } from '../../api/operations/numbers.ts';
import { ORDER_STATES } from '../../api/schemas/orders.ts';
import { presentOrder } from '../../resources/number-order.ts';
import { readTool } from '../tool.ts';
import { orderLine } from './order-text.ts';

const order = z.looseObject({
  numberOrderId: z.string(),
  state: z.string(),
  count: z.int(),
  createTime: z.string(),
  updateTime: z.string(),
  expireTime: z.string().optional(),
});

export const listNumberOrders = readTool({
  name: 'list_number_orders',
  title: 'List number orders',
  description: 'Orders created here, newest first, as last seen. Now: get_number_order.',
  input: z.strictObject({
    state: z.enum(ORDER_STATES).optional(),
    limit: z.int().min(1).max(100).optional(),
    cursor: z.string().min(1).optional(),
  }),
  output: z.looseObject({ orders: z.array(order), nextCursor: z.string().optional() }),
  async handler({ state, limit = DEFAULT_SIZE, cursor }, { orders, clock }) {
    const now = clock.now();
    const all = (await orders.list()).map(presentOrder);
    const wanted = all.filter((one) => state === undefined || one.state === state);
    const from =
      cursor === undefined ? 0 : 1 + all.findIndex(({ numberOrderId }) => numberOrderId === cursor);
    if (cursor !== undefined && from === 0)
      throw new InvalidRequestError('cursor is not a nextCursor of this list');
    const rest = wanted.filter((one) => all.indexOf(one) >= from);
    const page = rest.slice(0, limit);
    const last = rest.length > page.length ? page.at(-1) : undefined;
    const lines = [
      ...page.map((one) => {
        const seen = `${counted(one.count, 'number')}, seen ${minute(one.updateTime)}`;
        return `${orderLine({ ...one, idNumberOrder: one.numberOrderId }, now)} ${seen}`;
      }),
      page.length === 0 ? 'No orders that this server knows of.' : `${page.length} of ${wanted.length}.`,
      ...(last ? [`Next page: the same arguments and cursor ${last.numberOrderId}`] : []),
    ];
    return {
      text: lines.join('\n'),
      structured: { orders: page, ...(last && { nextCursor: last.numberOrderId }) },
    };
  },
});
