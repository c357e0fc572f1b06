import type { CallbackEvent } from '../../api/callback-event.ts';
import { laterOf, MAX_ORDERS, newsOf, withNews } from '../order-lines.ts';
import type { KnownOrder, OrderLog } from '../store.ts';
import type { Database, Run } from './database.ts';
import { orderOf } from './rows.ts';
import { sql } from './sql.ts';

export interface StoredOrders extends OrderLog {
  /** Takes over what an event says of an order that is kept. */
  takeNews(run: Run, event: CallbackEvent): Promise<void>;
}

/** Orders as a table. What is newly known of one is decided under the lock of its row. */
export function createOrders(database: Database): StoredOrders {
  async function lock(inside: Run, id: string): Promise<KnownOrder | undefined> {
    const [row] = await inside(sql`select body from sinch_numbers.number_order where id = ${id} for update`);
    return row && orderOf(row);
  }

  async function write(inside: Run, order: KnownOrder): Promise<void> {
    await inside(
      sql`update sinch_numbers.number_order set body = ${JSON.stringify(order)} where id = ${order.id}`,
    );
  }

  return {
    keep: (order) =>
      database.transaction(async (inside) => {
        const inserted = await inside(sql`insert into sinch_numbers.number_order (id, project_id, body)
          values (${order.id}, ${order.projectId}, ${JSON.stringify(order)}) on conflict do nothing returning id`);
        if (inserted.length === 0) await write(inside, laterOf(await lock(inside, order.id), order));
      }),
    async list(projectId) {
      const rows = await database.run(sql`select body from sinch_numbers.number_order
        where project_id = ${projectId} order by seq desc limit ${MAX_ORDERS}`);
      return rows.map(orderOf).sort((a, b) => Date.parse(b.createTime) - Date.parse(a.createTime));
    },
    async takeNews(inside, event) {
      const news = newsOf(event);
      const order = news && withNews(await lock(inside, news.id), news);
      if (news !== undefined && order !== undefined)
        await write(inside, laterOf(await lock(inside, news.id), order));
    },
  };
}
