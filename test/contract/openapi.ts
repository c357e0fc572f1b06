import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A node of the OpenAPI file, with `$ref` resolved on the way down. */
export type Node = Readonly<Record<string, unknown>>;

export interface SpecOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Node[];
  /** The schema of the JSON body, where there is one. */
  readonly body: Node | undefined;
  readonly response: Node;
}

const document: Node = parse(readFileSync(new URL('../spec/numbers.openapi.yaml', import.meta.url), 'utf8'));

/** Every operation of the file. */
export function specOperations(): SpecOperation[] {
  return Object.entries(at(document, 'paths')).flatMap(([path, item]) =>
    ['get', 'post', 'patch', 'put', 'delete'].flatMap((method) => {
      const node = resolve(item);
      if (!(method in node)) return [];
      const operation = at(node, method);
      return {
        operationId: String(operation.operationId),
        method: method.toUpperCase(),
        path,
        parameters: [...list(node.parameters), ...list(operation.parameters)].map(resolve),
        body: 'requestBody' in operation ? jsonSchema(at(operation, 'requestBody')) : undefined,
        response: jsonSchema(at(at(operation, 'responses'), '200')),
      };
    }),
  );
}

/** A child of a node, resolved. */
export function at(node: Node, key: string): Node {
  return resolve(node[key]);
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Follows `$ref` within the file. */
export function resolve(value: unknown): Node {
  if (typeof value !== 'object' || value === null) return {};
  const node = value as Node;
  if (typeof node.$ref !== 'string') return node;
  const keys = node.$ref.slice('#/'.length).split('/');
  return keys.reduce<Node>((current, key) => at(current, key), document);
}

function jsonSchema(node: Node): Node {
  return at(at(at(node, 'content'), 'application/json'), 'schema');
}
