/**
 * The eleven operations of the Numbers API. Requests, tool schemas, annotations, retries, the read-only
 * filter and the confirmation gate derive from this table; a contract test holds it to the OpenAPI file.
 */
import * as z from 'zod';
import * as schemas from '../schemas/numbers.ts';

/**
 * What a call does to the account: `read` changes nothing, `write` changes configuration, `billing` spends
 * money, `destructive` ends a subscription.
 */
export type Effect = 'read' | 'write' | 'billing' | 'destructive';

export interface Operation {
  /** The name in the OpenAPI file. */
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path template below the origin. `{projectId}` is the client's own, `{phoneNumber}` an input. */
  readonly path: `/v1/projects/{projectId}/${string}`;
  readonly effect: Effect;
  /** Query parameters. A name with a dot is a nested object: `numberPattern.pattern`. */
  readonly query: z.ZodObject;
  /** JSON body; empty where the operation takes none. */
  readonly body: z.ZodObject;
  readonly response: z.ZodType<object>;
}

/** What is asked of the API where a caller names no size. */
export const DEFAULT_SIZE = 20;

const none = z.strictObject({});

export const operations = {
  listAvailableNumbers: {
    operationId: 'NumberService_ListAvailableNumbers',
    method: 'GET',
    path: '/v1/projects/{projectId}/availableNumbers',
    effect: 'read',
    query: z.strictObject({
      regionCode: schemas.regionCode,
      type: schemas.numberType,
      numberPattern: schemas.numberPattern.optional(),
      capabilities: schemas.capabilities.optional(),
      size: schemas.size.optional().describe(`Most results, default ${DEFAULT_SIZE}`),
    }),
    body: none,
    response: schemas.listAvailableNumbersResponse,
  },
  getAvailableNumber: {
    operationId: 'NumberService_GetAvailableNumber',
    method: 'GET',
    path: '/v1/projects/{projectId}/availableNumbers/{phoneNumber}',
    effect: 'read',
    query: none,
    body: none,
    response: schemas.availableNumber,
  },
  rentNumber: {
    operationId: 'NumberService_RentNumber',
    method: 'POST',
    path: '/v1/projects/{projectId}/availableNumbers/{phoneNumber}:rent',
    effect: 'billing',
    query: none,
    body: schemas.rentNumberRequest,
    response: schemas.activeNumber,
  },
  rentAnyNumber: {
    operationId: 'NumberService_RentAnyNumber',
    method: 'POST',
    path: '/v1/projects/{projectId}/availableNumbers:rentAny',
    effect: 'billing',
    query: none,
    body: schemas.rentAnyNumberRequest,
    response: schemas.activeNumber,
  },
  listActiveNumbers: {
    operationId: 'NumberService_ListActiveNumbers',
    method: 'GET',
    path: '/v1/projects/{projectId}/activeNumbers',
    effect: 'read',
    query: z.strictObject({
      regionCode: schemas.regionCode.optional(),
      numberPattern: schemas.numberPattern.optional(),
      type: schemas.numberType.optional(),
      capability: schemas.capabilities.optional(),
      pageSize: schemas.size.optional().describe(`Default ${DEFAULT_SIZE}`),
      pageToken: z.string().min(1).optional().describe('nextPageToken of the page before'),
      orderBy: z.enum(['phoneNumber', 'displayName']).optional(),
    }),
    body: none,
    response: schemas.listActiveNumbersResponse,
  },
  getActiveNumber: {
    operationId: 'NumberService_GetActiveNumber',
    method: 'GET',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}',
    effect: 'read',
    query: none,
    body: none,
    response: schemas.activeNumber,
  },
  updateActiveNumber: {
    operationId: 'NumberService_UpdateActiveNumber',
    method: 'PATCH',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}',
    effect: 'write',
    query: none,
    body: schemas.updateNumberRequest,
    response: schemas.activeNumber,
  },
  releaseNumber: {
    operationId: 'NumberService_ReleaseNumber',
    method: 'POST',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}:release',
    effect: 'destructive',
    query: none,
    body: none,
    response: schemas.activeNumber,
  },
  listAvailableRegions: {
    operationId: 'NumberService_ListAvailableRegions',
    method: 'GET',
    path: '/v1/projects/{projectId}/availableRegions',
    effect: 'read',
    query: z.strictObject({
      types: z
        .array(z.enum(['NUMBER_TYPE_UNSPECIFIED', ...schemas.NUMBER_TYPES]))
        .min(1)
        .optional()
        .describe('Regions offering any of these'),
    }),
    body: none,
    response: schemas.listAvailableRegionsResponse,
  },
  getCallbackConfiguration: {
    operationId: 'GetCallbackConfiguration',
    method: 'GET',
    path: '/v1/projects/{projectId}/callbackConfiguration',
    effect: 'read',
    query: none,
    body: none,
    response: schemas.callbackConfiguration,
  },
  updateCallbackConfiguration: {
    operationId: 'UpdateCallbackConfiguration',
    method: 'PATCH',
    path: '/v1/projects/{projectId}/callbackConfiguration',
    effect: 'write',
    query: none,
    body: schemas.updateCallbackConfigurationRequest,
    response: schemas.callbackConfiguration,
  },
} as const satisfies Record<string, Operation>;

type PathParameters<O extends Operation> = O['path'] extends `${string}{phoneNumber}${string}`
  ? { phoneNumber: string }
  : object;

/** What a caller gives: path, query and body parameters side by side, without projectId. */
export type OperationInput<O extends Operation> = PathParameters<O> & Fields<O['query']> & Fields<O['body']>;

type Fields<S extends z.ZodObject> = keyof S['shape'] extends never ? object : z.output<S>;

/** What the API answers, without nulls and empty strings. */
export type OperationResponse<O extends Operation> = z.output<O['response']>;

/**
 * The schema of {@link OperationInput}: strict, so an unknown key is an error that names it. A PATCH
 * without a change is refused.
 */
export function inputSchema(operation: Operation): z.ZodObject {
  const shape = {
    ...(operation.path.includes('{phoneNumber}') ? { phoneNumber: schemas.phoneNumber } : {}),
    ...operation.query.shape,
    ...operation.body.shape,
  };
  const schema: z.ZodObject = z.strictObject(shape);
  if (operation.method !== 'PATCH') return schema;
  const changes = Object.keys(operation.body.shape);
  return schema.refine(
    (input) => changes.some((name) => input[name] !== undefined),
    `nothing to change: give ${changes.length > 1 ? 'at least one of ' : ''}${changes.join(', ')}`,
  );
}
