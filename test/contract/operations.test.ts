import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { callbackEvent } from '../../src/api/callback-event.ts';
import { emergencyOperations } from '../../src/api/operations/emergency.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import { inputSchema, noContent, type Operation } from '../../src/api/operations/operation.ts';
import { orderOperations } from '../../src/api/operations/orders.ts';
import { tools } from '../../src/tools/index.ts';
import { asNode, at, list, type Node, openSpec, specOperations } from './openapi.ts';

interface Table {
  readonly file: string;
  readonly rows: readonly Operation[];
  readonly count: number;
  /** What real accounts know beyond the file. */
  readonly beyond: readonly string[];
  /** What the file leaves optional though nothing can be done without it. */
  readonly required: readonly string[];
}

const TABLES: readonly Table[] = [
  {
    file: 'numbers.openapi.yaml',
    rows: Object.values(operations),
    count: 11,
    // Three kinds of voice product instead of one.
    beyond: ['voiceConfiguration.type', 'voiceConfiguration.trunkId', 'voiceConfiguration.serviceId'],
    required: [],
  },
  {
    file: 'number-orders.openapi.yaml',
    rows: [...Object.values(orderOperations), ...Object.values(emergencyOperations)],
    count: 11,
    beyond: [],
    required: ['numberOrderOption.phoneNumbers', 'requestDetails'],
  },
];

/** A parameter or field, flattened to a dotted name: what the file and the table are compared by. */
interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly values: unknown;
  readonly required: boolean;
}

/** The leaves of an object schema. Read-only fields cannot be sent and do not count. */
function fields(schema: Node, prefix = ''): Field[] {
  const required = list(schema.required);
  return Object.entries(at(schema, 'properties')).flatMap(([key, value]) => {
    const node = asNode(value);
    const name = prefix + key;
    if (node.readOnly === true) return [];
    if (Object.keys(at(node, 'properties')).length > 0) return fields(node, `${name}.`);
    const values = node.enum ?? at(node, 'items').enum;
    return { name, type: node.type, values, required: required.includes(key) };
  });
}

function parameterField(parameter: Node): Field {
  const schema = at(parameter, 'schema');
  return {
    name: String(parameter.name),
    type: schema.type,
    values: schema.enum ?? at(schema, 'items').enum,
    required: parameter.required === true,
  };
}

function tableFields(schema: z.ZodObject): Field[] {
  return fields(jsonSchema(schema));
}

/** A file is a text to OpenAPI; zod has no name for ours. */
function jsonSchema(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'string';
    },
  });
}

const byName = (a: Field, b: Field) => a.name.localeCompare(b.name);

describe.each(TABLES)('the table of $file', ({ file, rows, count, beyond, required }) => {
  const spec = specOperations(openSpec(file));

  test('holds each operation of the file and no other', () => {
    const ids = (some: readonly { operationId: string }[]) => some.map(({ operationId }) => operationId);
    expect(ids(rows).sort()).toEqual(ids(spec).sort());
    expect(rows).toHaveLength(count);
  });

  describe.each(spec)(
    '$operationId',
    ({ operationId, method, path, parameters, encoding, body, response }) => {
      const operation = rows.find((row) => row.operationId === operationId);
      if (operation === undefined) throw new Error(`${operationId} is not in the table`);

      test('has the method and path of the file', () => {
        expect({ method: operation.method, path: operation.path }).toEqual({ method, path });
      });

      test('takes the path parameters of the file', () => {
        const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        expect([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(inPath);
        expect(['projectId', ...Object.keys(operation.pathParameters.shape)]).toEqual(inPath);
      });

      test('takes the query parameters of the file: name, type, values, requiredness', () => {
        const inQuery = parameters.filter((parameter) => parameter.in === 'query').map(parameterField);
        expect(tableFields(operation.query).sort(byName)).toEqual(inQuery.sort(byName));
      });

      test('takes the body of the file: encoding, name, type, values, requiredness', () => {
        const inFile = (body ? fields(body) : []).map((field) =>
          required.includes(field.name) ? { ...field, required: true } : field,
        );
        const inTable = tableFields(operation.body).filter(({ name }) => !beyond.includes(name));
        expect(inTable.sort(byName)).toEqual(inFile.sort(byName));
        if (body) expect(operation.encoding ?? 'application/json').toBe(encoding);
      });

      test('knows every field of the answer, each of them optional and open', () => {
        expect(operation.response === noContent).toBe(response === undefined);
        const known = new Map(
          answerFields(jsonSchema(operation.response)).map((field) => [field.name, field]),
        );
        for (const field of answerFields(response ?? {})) {
          expect(known.get(field.name), field.name).toMatchObject({ type: field.type });
        }
        for (const field of known.values())
          expect(field).toMatchObject({ required: false, values: undefined });
      });

      test('keeps the objects of the answer whole that have no fields in the file', () => {
        const freeForm = Object.entries(at(response ?? {}, 'properties'))
          .filter(([, node]) => asNode(node).additionalProperties === true)
          .map(([name]) => name);
        expect(operation.freeForm ?? []).toEqual(expect.arrayContaining(freeForm));
      });
    },
  );
});

test.each(Object.values(operations))(
  '$operationId is offered by exactly one tool, whose input is path, query and body side by side',
  (operation) => {
    const [tool, ...others] = tools.filter(({ operationId }) => operationId === operation.operationId);
    expect(others).toEqual([]);
    expect(Object.keys(inputSchema(operation).shape)).not.toContain('projectId');
    expect(Object.keys(tool?.input.shape ?? {}).filter((name) => name !== 'confirmationToken')).toEqual(
      Object.keys(inputSchema(operation).shape),
    );
  },
);

test('the reader of callbacks knows each field of an event about an order', () => {
  const { components } = openSpec('number-orders.openapi.yaml');
  const payload = at(at(asNode(components), 'schemas'), 'CallbackPayloadNumberOrder');
  expect(Object.keys(callbackEvent.shape)).toEqual(
    expect.arrayContaining(Object.keys(at(payload, 'properties'))),
  );
});

/** The fields of an answer, down through lists. */
function answerFields(schema: Node, prefix = ''): Field[] {
  return Object.entries(at(schema, 'properties')).flatMap(([key, value]) => {
    const node = asNode(value);
    const name = prefix + key;
    const self = { name, type: node.type, values: undefined, required: list(schema.required).includes(key) };
    return [self, ...answerFields(node.type === 'array' ? at(node, 'items') : node, `${name}.`)];
  });
}
