import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A node of an OpenAPI file; `$ref`, `allOf` and `oneOf` are resolved. */
export type Node = Readonly<Record<string, unknown>>;

export interface SpecOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Node[];
  /** How the body is encoded, and its schema, where there is one. */
  readonly encoding: string | undefined;
  readonly body: Node | undefined;
  /** Undefined where the answer has no body. */
  readonly response: Node | undefined;
}

/** A file of test/spec. */
export function openSpec(fileName: string): Node {
  const document = asNode(parse(readFileSync(new URL(`../spec/${fileName}`, import.meta.url), 'utf8')));
  return asNode(resolve(document, document));
}

/** Every operation of a file. */
export function specOperations(document: Node): SpecOperation[] {
  return Object.entries(at(document, 'paths')).flatMap(([path, item]) =>
    ['get', 'post', 'patch', 'put', 'delete'].flatMap((method) => {
      const node = asNode(item);
      if (!(method in node)) return [];
      const operation = at(node, method);
      const [body] = Object.entries(at(at(operation, 'requestBody'), 'content'));
      const [answer] = Object.values(at(at(at(operation, 'responses'), '200'), 'content'));
      return {
        operationId: String(operation.operationId),
        method: method.toUpperCase(),
        path,
        parameters: [...list(node.parameters), ...list(operation.parameters)].map(asNode),
        encoding: body?.[0],
        body: body && at(asNode(body[1]), 'schema'),
        response: answer === undefined ? undefined : at(asNode(answer), 'schema'),
      };
    }),
  );
}

/** A child of a node; an empty one where there is none. */
export function at(node: Node, key: string): Node {
  return asNode(node[key]);
}

export function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null ? (value as Node) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Follows `$ref` within the file, and makes one schema of those that are combined. */
function resolve(value: unknown, document: Node): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, document));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = asNode(value);
  if (typeof $ref === 'string') {
    const keys = $ref.slice('#/'.length).split('/');
    return resolve(
      keys.reduce<unknown>((node, key) => asNode(node)[key], document),
      document,
    );
  }
  const entries = Object.entries(value).map(([key, child]) => [key, resolve(child, document)]);
  return combined(asNode(Object.fromEntries(entries)));
}

/** All fields of all parts; required where each alternative requires them. */
function combined({ allOf, oneOf, ...node }: Node): Node {
  const parts = list(allOf).map(asNode);
  const alternatives = list(oneOf).map(asNode);
  if (parts.length + alternatives.length === 0) return node;
  const [first, ...others] = alternatives.map((it) => list(it.required));
  const always = (first ?? []).filter((name) => others.every((required) => required.includes(name)));
  const all = [node, ...parts, ...alternatives];
  return {
    ...node,
    type: 'object',
    properties: Object.assign({}, ...all.map((it) => at(it, 'properties'))),
    required: [...[node, ...parts].flatMap((it) => list(it.required)), ...always],
  };
}
