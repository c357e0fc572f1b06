import { InvalidRequestError } from './errors.ts';
import { isFilePart, type MultipartBody, multipart } from './multipart.ts';
import type { Operation } from './operations/operation.ts';
import { expandPath } from './path.ts';
import { encodeQuery } from './query.ts';

export interface ApiRequest {
  readonly method: Operation['method'];
  /** Path and query, to be appended to the API's origin. */
  readonly target: string;
  /** Absent where the operation takes no body; JSON where it is a text. */
  readonly body?: string | MultipartBody;
}

/**
 * Turns an operation's input into the request for it.
 * @throws {InvalidRequestError} where the path or the form cannot be built
 */
export function buildRequest(operation: Operation, projectId: string, input: object): ApiRequest {
  const { method, encoding } = operation;
  const path = expandPath(operation.path, { ...pick(input, operation.pathParameters.shape), projectId });
  const target = path + encodeQuery(pick(input, operation.query.shape));
  if (Object.keys(operation.body.shape).length === 0) return { method, target };
  const fields = pick(input, operation.body.shape);
  return { method, target, body: encoding === undefined ? JSON.stringify(fields) : form(fields) };
}

function form(fields: Readonly<Record<string, unknown>>): MultipartBody {
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (typeof value !== 'string' && !isFilePart(value)) {
      throw new InvalidRequestError(`${name} is neither a text nor a file`);
    }
    return [{ name, value }];
  });
  return multipart(parts);
}

function pick(input: object, shape: object): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) if (Object.hasOwn(shape, name)) picked[name] = value;
  return picked;
}
