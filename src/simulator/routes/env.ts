import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';

export type Env = { Bindings: HttpBindings };

/**
 * Serves a custom method of a collection, such as `availableNumbers:rentAny`. Its colon is a character like any
 * other, encoded or not, where a route would take it for the start of a parameter.
 */
export function customMethod(
  v1: Hono<Env>,
  name: string,
  handler: (c: Context<Env>) => Promise<Response>,
): void {
  v1.post('/:method', (c, next) => (c.req.param('method') === name ? handler(c) : next()));
}
