/** What the tables of operations consist of, and what follows from a row. */
import * as z from 'zod';

/**
 * What a call does to the account: `read` changes nothing, `write` changes configuration, `billing` spends
 * money, `destructive` ends a subscription.
 */
export type Effect = 'read' | 'write' | 'billing' | 'destructive';

export interface Operation {
  /** The name in the OpenAPI file. */
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Path template below the origin. `{projectId}` is the client's own, any other name is in `pathParameters`. */
  readonly path: `/${string}`;
  readonly pathParameters: z.ZodObject;
  readonly effect: Effect;
  /** Query parameters. A name with a dot is a nested object: `numberPattern.pattern`. */
  readonly query: z.ZodObject;
  /** Fields of the body; empty where the operation takes none. */
  readonly body: z.ZodObject;
  /** How the body is encoded, where that is not JSON. */
  readonly encoding?: 'multipart/form-data';
  readonly response: z.ZodType<object>;
  /** Objects of the answer whose shape is not known: they are kept as they came, with what is null or empty. */
  readonly freeForm?: readonly string[];
  /** Fields of the input that are about people: no error repeats what stands in them. */
  readonly personal?: readonly string[];
}

/** The response of an operation whose 2xx answer has no body: an empty object, whatever comes. */
export const noContent = z.strictObject({});

/** What a caller gives: path, query and body parameters side by side, without projectId. */
export type OperationInput<O extends Operation> = Fields<O['pathParameters']> &
  Fields<O['query']> &
  Fields<O['body']>;

type Fields<S extends z.ZodObject> = keyof S['shape'] extends never ? object : z.output<S>;

/** What the API answers, without nulls and empty strings. */
export type OperationResponse<O extends Operation> = z.output<O['response']>;

/**
 * The schema of {@link OperationInput}: strict, so an unknown key is an error that names it. Rules between
 * fields of the body hold for it too. A PATCH without a change is refused.
 */
export function inputSchema(operation: Operation): z.ZodObject {
  const { pathParameters, query, body } = operation;
  const shape = { ...pathParameters.shape, ...query.shape, ...body.shape };
  const schema = body.clone({ ...body.def, shape });
  if (operation.method !== 'PATCH') return schema;
  const changes = Object.keys(operation.body.shape);
  return schema.refine(
    (input) => changes.some((name) => input[name] !== undefined),
    `nothing to change: give ${changes.length > 1 ? 'at least one of ' : ''}${changes.join(', ')}`,
  );
}
