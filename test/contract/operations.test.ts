import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { operations } from '../../src/api/operations/numbers.ts';
import { inputSchema, type Operation } from '../../src/api/operations/operation.ts';
import { tools } from '../../src/tools/index.ts';
import { at, list, type Node, resolve, specOperations } from './openapi.ts';

const table: readonly Operation[] = Object.values(operations);

/** What real accounts know beyond the OpenAPI file: three kinds of voice product instead of one. */
const BEYOND_THE_FILE = [
  'voiceConfiguration.type',
  'voiceConfiguration.trunkId',
  'voiceConfiguration.serviceId',
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
    const node = resolve(value);
    const name = prefix + key;
    if (node.readOnly === true || BEYOND_THE_FILE.includes(name)) return [];
    if (node.type === 'object') return fields(node, `${name}.`);
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
  return fields(resolve(z.toJSONSchema(schema, { io: 'input' })));
}

const byName = (a: Field, b: Field) => a.name.localeCompare(b.name);

describe('the operations table against the OpenAPI file', () => {
  test('holds each operation of the file and no other', () => {
    expect(table.map(({ operationId }) => operationId).sort()).toEqual(
      specOperations()
        .map(({ operationId }) => operationId)
        .sort(),
    );
    expect(table).toHaveLength(11);
  });

  describe.each(specOperations())('$operationId', (spec) => {
    const operation = table.find(({ operationId }) => operationId === spec.operationId);
    if (operation === undefined) throw new Error(`${spec.operationId} is not in the table`);

    test('has the method and path of the file', () => {
      expect({ method: operation.method, path: operation.path }).toEqual({
        method: spec.method,
        path: spec.path,
      });
    });

    test('takes the path parameters of the file', () => {
      const inPath = spec.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(inPath);
      expect(['projectId', ...Object.keys(operation.pathParameters.shape)]).toEqual(inPath);
    });

    test('takes the query parameters of the file: name, type, values, requiredness', () => {
      const inQuery = spec.parameters.filter((parameter) => parameter.in === 'query').map(parameterField);
      expect(tableFields(operation.query).sort(byName)).toEqual(inQuery.sort(byName));
    });

    test('takes the body of the file: name, type, values, requiredness', () => {
      const inBody = spec.body ? fields(spec.body) : [];
      expect(tableFields(operation.body).sort(byName)).toEqual(inBody.sort(byName));
    });

    test('knows every field of the answer, each of them optional and open', () => {
      const known = new Map(
        answerFields(resolve(z.toJSONSchema(operation.response, { io: 'input' }))).map((f) => [f.name, f]),
      );
      for (const field of answerFields(spec.response)) {
        expect(known.get(field.name), field.name).toMatchObject({ type: field.type });
      }
      for (const field of known.values()) expect(field).toMatchObject({ required: false, values: undefined });
    });

    test('is offered by exactly one tool, whose input is path, query and body side by side', () => {
      const [tool, ...others] = tools.filter(({ operationId }) => operationId === spec.operationId);
      expect(others).toEqual([]);
      expect(Object.keys(inputSchema(operation).shape)).not.toContain('projectId');
      expect(Object.keys(tool?.input.shape ?? {}).filter((name) => name !== 'confirmationToken')).toEqual(
        Object.keys(inputSchema(operation).shape),
      );
    });
  });
});

/** The fields of an answer, down through lists. */
function answerFields(schema: Node, prefix = ''): Field[] {
  return Object.entries(at(schema, 'properties')).flatMap(([key, value]) => {
    const node = resolve(value);
    const name = prefix + key;
    const self = { name, type: node.type, values: undefined, required: list(schema.required).includes(key) };
    return [self, ...answerFields(node.type === 'array' ? at(node, 'items') : node, `${name}.`)];
  });
}
