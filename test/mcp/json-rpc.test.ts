import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isId, isMessage, isRequest } from '../../src/mcp/json-rpc.ts';
import { either } from '../support/length.ts';

const RUNS = either(3_000, 500);

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

const notification = { jsonrpc: '2.0', method: 'ping' };
const request = { ...notification, id: 1 };
const answer = { jsonrpc: '2.0', id: 1, result: {} };
const anonymousRefusal = { jsonrpc: '2.0', error: { code: -32601, message: 'no' } };
const refusal = { ...anonymousRefusal, id: 1 };

function isMessageOfSdk(value: unknown): boolean {
  return JSONRPCMessageSchema.safeParse(value).success;
}

describe('a message', () => {
  test.each<[string, unknown]>([
    ['a request', request],
    ['a request with a text for its ID', { ...request, id: 'a' }],
    ['a request whose ID is an empty text', { ...request, id: '' }],
    ['a request with ID 0', { ...request, id: 0 }],
    ['a request with a negative ID', { ...request, id: -5 }],
    ['a request with the largest safe ID', { ...request, id: Number.MAX_SAFE_INTEGER }],
    ['a request with params', { ...request, params: { name: 'x', anything: [1, null] } }],
    ['a request with meta', { ...request, params: { _meta: { progressToken: 'p', other: null } } }],
    ['a request of a task', { ...request, params: { _meta: { [RELATED_TASK]: { taskId: 't', more: 1 } } } }],
    ['a notification', notification],
    ['a notification without a name', { ...notification, method: '' }],
    ['an answer', answer],
    ['an answer with meta', { ...answer, result: { _meta: { progressToken: 3 }, tools: [] } }],
    ['a refusal', refusal],
    ['a refusal of nothing in particular', anonymousRefusal],
    ['a refusal with data', { ...refusal, error: { ...refusal.error, data: [1], more: true } }],
  ])('may be %s', (_, value) => {
    expect(isMessage(value)).toBe(true);
    expect(isMessageOfSdk(value)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [request]],
    ['a text', 'ping'],
    ['an empty object', {}],
    ['of no version', { id: 1, method: 'ping' }],
    ['of another version', { ...request, jsonrpc: '1.0' }],
    ['a request whose ID is null', { ...request, id: null }],
    ['a request whose ID is a fraction', { ...request, id: 1.5 }],
    ['a request whose ID is too large to be exact', { ...request, id: 2 ** 60 }],
    ['a request whose ID is an object', { ...request, id: {} }],
    ['a request whose method is a number', { ...request, method: 5 }],
    ['a request whose params are a list', { ...request, params: [] }],
    ['a request whose params are null', { ...request, params: null }],
    ['a request with a key that nobody knows', { ...request, extra: 1 }],
    ['a request and an answer at once', { ...request, result: {} }],
    ['a request whose meta is a list', { ...request, params: { _meta: [] } }],
    ['a request whose meta is null', { ...request, params: { _meta: null } }],
    [
      'a request whose progress token is a fraction',
      { ...request, params: { _meta: { progressToken: 0.5 } } },
    ],
    ['a request whose progress token is null', { ...request, params: { _meta: { progressToken: null } } }],
    ['a request of a task that is a text', { ...request, params: { _meta: { [RELATED_TASK]: 't' } } }],
    ['a request of a task without an ID', { ...request, params: { _meta: { [RELATED_TASK]: {} } } }],
    ['a notification whose meta is a text', { ...notification, params: { _meta: 'x' } }],
    ['an answer to nothing', { jsonrpc: '2.0', result: {} }],
    ['an answer that is null', { ...answer, result: null }],
    ['an answer that is a list', { ...answer, result: [] }],
    ['an answer with a wrong progress token', { ...answer, result: { _meta: { progressToken: true } } }],
    ['an answer with a key that nobody knows', { ...answer, extra: 1 }],
    ['an answer and a refusal at once', { ...answer, error: refusal.error }],
    ['a refusal without words', { ...refusal, error: { code: 1 } }],
    ['a refusal without a code', { ...refusal, error: { message: 'no' } }],
    ['a refusal whose code is a fraction', { ...refusal, error: { code: 1.5, message: 'no' } }],
    [
      'a refusal whose code is too large to be exact',
      { ...refusal, error: { code: 2 ** 60, message: 'no' } },
    ],
    ['a refusal that is null', { ...refusal, error: null }],
    ['a refusal with a key that nobody knows', { ...refusal, extra: 1 }],
  ])('is not %s', (_, value) => {
    expect(isMessage(value)).toBe(false);
    expect(isMessageOfSdk(value)).toBe(false);
  });

  test('is what the SDK takes for one, whatever stands in it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(messageLike, (value) => {
        const expected = isMessageOfSdk(value);
        if (expected) accepted++;
        expect(isMessage(value)).toBe(expected);
      }),
      { numRuns: RUNS },
    );
    // Otherwise the property would only speak of what is refused.
    expect(accepted).toBeGreaterThan(RUNS / 10);
  });
});

const scalar = fc.constantFrom<unknown>(null, true, 0, 1, -1, 1.5, 2 ** 60, '', 'a', [], {}, [1]);

/** Mostly what a message has in this place; now and then anything. */
function mostly<T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: scalar });
}

const id = mostly(fc.constantFrom<unknown>(0, 7, 'a', ''));
const task = mostly(fc.record({ taskId: mostly(fc.string()), more: scalar }, { requiredKeys: [] }));
const meta = mostly(
  fc.record({ progressToken: id, [RELATED_TASK]: task, more: scalar }, { requiredKeys: [] }),
);
const body = mostly(fc.record({ _meta: meta, more: scalar }, { requiredKeys: [] }));
const error = mostly(
  fc.record(
    { code: mostly(fc.integer()), message: mostly(fc.string()), data: scalar, more: scalar },
    { requiredKeys: ['code', 'message'] },
  ),
);

/** A message of each kind, with parts left out or wrong, and sometimes with those of another kind. */
const messageLike = fc
  .tuple(
    fc.record({ jsonrpc: fc.constantFrom<unknown>('2.0', '2.0', '2.0', '2.0', '1.0', 2) }),
    fc.record({ id }, { requiredKeys: [] }),
    fc.oneof(
      fc.record({ method: mostly(fc.constant('ping')), params: body }, { requiredKeys: ['method'] }),
      fc.record({ result: body }),
      fc.record({ error }),
    ),
    fc.oneof(
      { weight: 8, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.record({ method: scalar, result: body, error, more: scalar }, { requiredKeys: [] }),
      },
    ),
  )
  .map((parts): unknown => Object.assign({}, ...parts));

test('an ID is a text or a whole number that is exact', () => {
  expect(['', 'a', 0, -1, Number.MAX_SAFE_INTEGER].filter(isId)).toHaveLength(5);
  expect([undefined, null, 1.5, 2 ** 53, Number.NaN, true, {}, []].filter(isId)).toEqual([]);
});

test('a request is what has a method and an ID', () => {
  expect(isRequest({ jsonrpc: '2.0', id: 0, method: 'ping' })).toBe(true);
  expect(isRequest({ jsonrpc: '2.0', method: 'ping' })).toBe(false);
  expect(isRequest({ jsonrpc: '2.0', id: 0, result: {} })).toBe(false);
});
