import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProblem } from '../../src/api/problem.ts';
import { parseJson } from '../../src/lib/json.ts';
import { either } from '../support/length.ts';

/** The error envelope of the Numbers API. */
function envelope(code: unknown, status: string, message: string, details: unknown = []) {
  return { error: { code, message, status, details } };
}

function resourceInfo(resourceType: string, resourceName: string, description = '') {
  return { type: 'ResourceInfo', resourceType, resourceName, owner: '', description };
}

describe("parseProblem on the API's own envelope", () => {
  test('reads the resource of a 404 whose message is empty', () => {
    const details = [resourceInfo('AvailableNumber', '+12025550134')];
    expect(parseProblem(envelope(404, 'NOT_FOUND', '', details))).toEqual({
      apiStatus: 'NOT_FOUND',
      resource: { type: 'AvailableNumber', name: '+12025550134' },
      violations: [],
    });
  });

  test('reads the message that a trial account gets', () => {
    const message = 'Trial account is not enabled to rent number';
    const details = [resourceInfo('AvailableNumber', '', message)];
    expect(parseProblem(envelope(403, 'PERMISSION_DENIED', message, details))).toEqual({
      apiStatus: 'PERMISSION_DENIED',
      message,
      resource: { type: 'AvailableNumber', name: '' },
      violations: [],
    });
  });

  test('reads a 403 that says nothing but its status', () => {
    expect(parseProblem(envelope(403, 'PERMISSION_DENIED', ''))).toEqual({
      apiStatus: 'PERMISSION_DENIED',
      violations: [],
    });
  });

  test('reads the message about an unknown enum value', () => {
    const message = 'parsing field "type": "XXX" is not a valid value';
    expect(parseProblem(envelope(400, 'INVALID_ARGUMENT', message))).toEqual({
      apiStatus: 'INVALID_ARGUMENT',
      message,
      violations: [],
    });
  });

  test('reads every field violation, of every detail, in order', () => {
    const orderBy = { field: 'order_by', description: 'Invalid order_by XXX' };
    const size = { field: 'page_size', description: 'Invalid page_size' };
    const plan = { field: 'smsConfiguration.servicePlanId', description: 'Invalid servicePlanId' };
    const details = [
      { type: 'BadRequest', fieldViolations: [orderBy, size] },
      { type: 'BadRequest', fieldViolations: [plan] },
    ];
    expect(parseProblem(envelope(400, 'INVALID_ARGUMENT', '', details))).toEqual({
      apiStatus: 'INVALID_ARGUMENT',
      violations: [orderBy, size, plan],
    });
  });

  test('reads message and violations side by side', () => {
    const violation = { field: 'smsConfiguration.servicePlanId', description: 'Invalid servicePlanId' };
    const details = [{ type: 'BadRequest', fieldViolations: [violation] }];
    expect(
      parseProblem(envelope(400, 'INVALID_ARGUMENT', 'Invalid service_plan_id abc', details)),
    ).toMatchObject({ message: 'Invalid service_plan_id abc', violations: [violation] });
  });

  test('takes the description of a detail where the message is empty', () => {
    const details = [{ type: 'ResourceInfo', resourceName: '+12025550134', description: 'Not for sale' }];
    expect(parseProblem({ error: { code: 404, message: '', status: 'NOT_FOUND', details } })).toEqual({
      apiStatus: 'NOT_FOUND',
      message: 'Not for sale',
      resource: { type: 'resource', name: '+12025550134' },
      violations: [],
    });
  });

  test('finds the resource behind a detail of another kind', () => {
    const details = [
      { type: 'BadRequest', fieldViolations: [] },
      resourceInfo('ActiveNumber', '+12025550134'),
    ];
    expect(parseProblem(envelope(404, 'NOT_FOUND', '', details)).resource).toEqual({
      type: 'ActiveNumber',
      name: '+12025550134',
    });
  });

  test('reads the 404 of a callback configuration, which names no resource', () => {
    const message = 'Could not find project with ID: 12c0ffee-dada-beef-cafe-baadc0de5678';
    const details = [resourceInfo('CallbackConfiguration', '', message)];
    expect(parseProblem(envelope(404, 'NOT_FOUND', message, details))).toMatchObject({
      message,
      resource: { type: 'CallbackConfiguration', name: '' },
    });
  });

  test.each(['INTERNAL', 'UNKNOWN'])('reads a 500 of status %s', (status) => {
    expect(parseProblem(envelope(500, status, ''))).toEqual({ apiStatus: status, violations: [] });
  });

  test('reads a code that is text, as older clients expect it', () => {
    expect(parseProblem(envelope('400', 'INVALID_ARGUMENT', 'no'))).toMatchObject({
      apiStatus: 'INVALID_ARGUMENT',
      message: 'no',
    });
  });

  test('reads the envelope without its outer error key', () => {
    const details = [resourceInfo('ActiveNumber', '+12025550134')];
    const wrapped = envelope(404, 'NOT_FOUND', 'gone', details);
    expect(parseProblem(wrapped.error)).toEqual(parseProblem(wrapped));
  });
});

describe('parseProblem on what a gateway or a token endpoint answers', () => {
  test('reads a problem with type, title and detail', () => {
    const detail = 'The access token has expired. Generate a new token at https://auth.sinch.com.';
    const type = 'https://developers.sinch.com/docs/errors/registry/access-token-expired';
    expect(parseProblem({ type, title: 'Token expired', detail })).toEqual({
      apiStatus: 'access-token-expired',
      message: `Token expired: ${detail}`,
      violations: [],
    });
  });

  test.each([
    ['invalid-credentials', 'Invalid credentials', undefined],
    [
      'permission-denied',
      'Permission denied',
      'Access key abc123 does not have access to projects/my-project-id.',
    ],
    ['too-many-requests', 'Too Many Requests', 'The request rate limit has been exceeded.'],
  ])('reads the problem %s', (slug, title, detail) => {
    const type = `https://developers.sinch.com/docs/errors/registry/${slug}`;
    expect(parseProblem({ type, title, ...(detail && { detail }) })).toEqual({
      apiStatus: slug,
      message: detail ? `${title}: ${detail}` : title,
      violations: [],
    });
  });

  test('keeps the type apart from an HTTP status in the body', () => {
    expect(parseProblem({ type: 'about:blank/too-many-requests', status: 429 }).apiStatus).toBe(
      'too-many-requests',
    );
  });

  test('reads the errors of a validation problem as violations', () => {
    const errors = [{ pointer: '/age', detail: 'must be a positive integer' }];
    expect(parseProblem({ title: 'Validation Error', errors })).toEqual({
      message: 'Validation Error',
      violations: [{ field: '/age', description: 'must be a positive integer' }],
    });
  });

  test('reads an error that is a bare text', () => {
    expect(parseProblem({ error: 'token expired' })).toEqual({ message: 'token expired', violations: [] });
  });

  test('reads the error and its description of an OAuth2 token endpoint', () => {
    const body = {
      error: 'invalid_client',
      error_verbose: 'Client authentication failed (unknown client)',
      error_description: 'Client authentication failed',
      error_hint: '',
    };
    expect(parseProblem(body)).toEqual({
      message: 'invalid_client: Client authentication failed',
      violations: [],
    });
  });
});

describe('parseProblem on anything else', () => {
  test.each([undefined, null, '', 'text', 0, [], {}, { error: null }, { error: {} }, { error: [] }])(
    'finds nothing in %j',
    (body) => {
      expect(parseProblem(body)).toEqual({ violations: [] });
    },
  );

  test('passes over parts of the wrong type and keeps the rest', () => {
    const body = envelope(404, 'NOT_FOUND', '', [null, 7, 'text', [], { fieldViolations: 'none' }]);
    expect(parseProblem(body)).toEqual({ apiStatus: 'NOT_FOUND', violations: [] });
    expect(parseProblem({ error: { status: 404, message: ['no'], details: {} } })).toEqual({
      violations: [],
    });
  });

  const text = fc.oneof(fc.string(), fc.jsonValue());
  const record = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
  const detail = record({
    type: text,
    resourceType: text,
    resourceName: text,
    fieldViolations: fc.oneof(fc.array(record({ field: text, description: text })), fc.jsonValue()),
  });
  const fields = {
    code: text,
    status: text,
    message: text,
    type: text,
    title: text,
    detail: text,
    error_description: text,
    details: fc.oneof(fc.array(fc.oneof(detail, fc.jsonValue())), fc.jsonValue()),
    errors: fc.oneof(fc.array(record({ pointer: text, detail: text })), fc.jsonValue()),
  };
  /** Any JSON, most of it near to an envelope. */
  const anyJson = fc.oneof(
    fc.jsonValue(),
    record({ ...fields, error: text }),
    fc.record({ error: record(fields) }),
  );

  test('whatever the JSON, it gives a problem of the promised shape and never throws', () => {
    fc.assert(
      fc.property(anyJson, (body) => {
        const problem = parseProblem(body);
        for (const words of [problem.apiStatus, problem.message]) {
          if (words !== undefined) expect(words.length).toBeGreaterThan(0);
        }
        for (const { field, description } of problem.violations) {
          expect([typeof field, typeof description]).toEqual(['string', 'string']);
        }
        if (problem.resource) expect(typeof problem.resource.name).toBe('string');
      }),
      { numRuns: either(1_000, 100) },
    );
  });
});

describe('parseJson', () => {
  test('reads JSON', () => {
    expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  });

  test.each(['', '<html>Bad Gateway</html>', '{', 'undefined'])('makes undefined of %j', (body) => {
    expect(parseJson(body)).toBeUndefined();
  });
});
