/** What an HTTP answer says: the operation's response, or an error. */
import * as z from 'zod';
import type { Mask } from '../lib/mask.ts';
import { lean } from '../lib/strip-empty.ts';
import { ApiError, UnexpectedResponseError } from './errors.ts';
import type { HttpResponse } from './http.ts';
import { noContent, type Operation, type OperationResponse } from './operations/operation.ts';
import { parseProblem } from './problem.ts';
import { parseRetryAfter } from './retry.ts';

/**
 * Reads a 2xx answer.
 * @param mask hides the credentials, where the server gives them back
 * @throws {UnexpectedResponseError} where it is not the JSON that the operation promises
 */
export function readAnswer<O extends Operation>(
  operation: O,
  response: HttpResponse,
  mask: Mask,
): OperationResponse<O> {
  const { operationId } = operation;
  if (operation.response === noContent) return {} as OperationResponse<O>;
  const body = mask.parse(response.body);
  if (typeof body !== 'object' || body === null) {
    const type = mask.text(response.header('content-type') ?? 'no content type');
    throw new UnexpectedResponseError(operationId, `${response.status} without a JSON object (${type})`);
  }
  const answer = compiled(operation).safeParse(leanAnswer(operation, body));
  if (!answer.success) {
    throw new UnexpectedResponseError(operationId, z.prettifyError(answer.error), { cause: answer.error });
  }
  return answer.data as OperationResponse<O>;
}

const parsers = new Map<Operation, Operation['response']>();

/** An operation's response as a compiled parser, which takes half the time. Compiling takes milliseconds, once. */
function compiled(operation: Operation): Operation['response'] {
  const parser = parsers.get(operation) ?? z.compile(operation.response);
  parsers.set(operation, parser);
  return parser;
}

function leanAnswer({ operationId, freeForm }: Operation, body: object): unknown {
  try {
    return lean(body, freeForm);
  } catch (cause) {
    throw new UnexpectedResponseError(operationId, 'the answer is nested too deeply', { cause });
  }
}

/**
 * The error that an answer other than 2xx stands for.
 * @param now milliseconds since the epoch
 * @param mask hides the credentials, where the server gives them back
 */
export function apiError(
  operationId: string,
  { status, header, body }: HttpResponse,
  now: number,
  mask: Mask,
): ApiError {
  const retryAfter = parseRetryAfter(header('retry-after'), now);
  return new ApiError(operationId, status, parseProblem(mask.parse(body)), retryAfter);
}
