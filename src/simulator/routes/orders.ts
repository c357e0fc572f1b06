/** The seven operations of number orders. */
import type { Hono } from 'hono';
import type { ProjectKey } from '../auth.ts';
import { fieldViolation, notFound } from '../errors.ts';
import type { OrderRecord } from '../orders/model.ts';
import type { Orders } from '../orders/orders.ts';
import { readOrder, readProduct, readUpload } from '../orders/requests.ts';
import { requirementsOf } from '../orders/requirements.ts';
import { orderBody, registrationBody, requirementsBody } from '../orders/wire.ts';
import { parseBody, readObject } from '../requests.ts';
import { customMethod, type Env } from './env.ts';

export interface OrderParts {
  readonly key: ProjectKey;
  readonly orders: Orders;
}

export function orderRoutes(v1: Hono<Env>, { key, orders }: OrderParts): void {
  const body = (order: OrderRecord) => orderBody(order, key.projectId);

  customMethod(v1, 'numberOrders:lookupNumberRequirements', async (c) => {
    const { regionCode, numberType } = readProduct(parseBody(await c.req.text()));
    const requirements = requirementsOf(regionCode, numberType);
    if (requirements) return c.json(requirementsBody(requirements));
    // As seen live for US LOCAL. A region that is not offered looks the same.
    throw notFound('NumberProduct', 'numberRequirements', 'Number requirements not found');
  });

  customMethod(v1, 'numberOrders:createNumberOrder', async (c) =>
    c.json(body(orders.create(readOrder(parseBody(await c.req.text()))))),
  );

  v1.get('/numberOrders/:id', (c) => c.json(body(orders.get(c.req.param('id')))));

  v1.get('/numberOrders/:id/registration', (c) => c.json(registrationBody(orders.get(c.req.param('id')))));

  v1.put('/numberOrders/:id/registration', async (c) => {
    const requestDetails = readObject(parseBody(await c.req.text()), 'requestDetails');
    if (requestDetails === undefined) throw fieldViolation('requestDetails', 'Must not be empty');
    return c.json(registrationBody(orders.register(c.req.param('id'), requestDetails)));
  });

  v1.post('/numberOrders/:id/attachments/:attachmentId', async (c) => {
    const { id, attachmentId } = c.req.param();
    orders.awaitingFile(id, attachmentId);
    orders.upload(id, attachmentId, await readUpload(c.req.raw));
    return c.body(null);
  });

  v1.post('/numberOrders/:id/submit', (c) => c.json(body(orders.submit(c.req.param('id')))));
}
