import type { Operation } from './operations/numbers.ts';
import { expandPath } from './path.ts';
import { encodeQuery } from './query.ts';

export interface ApiRequest {
  readonly method: Operation['method'];
  /** Path and query, to be appended to the API's origin. */
  readonly target: string;
  /** JSON text; absent where the operation takes no body. */
  readonly body?: string;
}

/**
 * Turns an operation's input into the request for it.
 * @throws {InvalidRequestError} where the path cannot be built
 */
export function buildRequest(operation: Operation, projectId: string, input: object): ApiRequest {
  const path = expandPath(operation.path, { ...input, projectId });
  const target = path + encodeQuery(pick(input, operation.query.shape));
  if (Object.keys(operation.body.shape).length === 0) return { method: operation.method, target };
  return { method: operation.method, target, body: JSON.stringify(pick(input, operation.body.shape)) };
}

function pick(input: object, shape: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => Object.hasOwn(shape, name)));
}
