/**
 * The eleven operations of the Numbers API. Requests, tool schemas, annotations, retries, the read-only
 * filter and the confirmation gate derive from this table; a contract test holds it to the OpenAPI file.
 */
import * as z from 'zod';
import * as schemas from '../schemas/numbers.ts';
import type { Operation } from './operation.ts';

/** What is asked of the API where a caller names no size. */
export const DEFAULT_SIZE = 20;

const none = z.strictObject({});
const ofNumber = z.strictObject({ phoneNumber: schemas.phoneNumber });

export const operations = {
  listAvailableNumbers: {
    operationId: 'NumberService_ListAvailableNumbers',
    method: 'GET',
    path: '/v1/projects/{projectId}/availableNumbers',
    pathParameters: none,
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
    pathParameters: ofNumber,
    effect: 'read',
    query: none,
    body: none,
    response: schemas.availableNumber,
  },
  rentNumber: {
    operationId: 'NumberService_RentNumber',
    method: 'POST',
    path: '/v1/projects/{projectId}/availableNumbers/{phoneNumber}:rent',
    pathParameters: ofNumber,
    effect: 'billing',
    query: none,
    body: schemas.rentNumberRequest,
    response: schemas.activeNumber,
  },
  rentAnyNumber: {
    operationId: 'NumberService_RentAnyNumber',
    method: 'POST',
    path: '/v1/projects/{projectId}/availableNumbers:rentAny',
    pathParameters: none,
    effect: 'billing',
    query: none,
    body: schemas.rentAnyNumberRequest,
    response: schemas.activeNumber,
  },
  listActiveNumbers: {
    operationId: 'NumberService_ListActiveNumbers',
    method: 'GET',
    path: '/v1/projects/{projectId}/activeNumbers',
    pathParameters: none,
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
    pathParameters: ofNumber,
    effect: 'read',
    query: none,
    body: none,
    response: schemas.activeNumber,
  },
  updateActiveNumber: {
    operationId: 'NumberService_UpdateActiveNumber',
    method: 'PATCH',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}',
    pathParameters: ofNumber,
    effect: 'write',
    query: none,
    body: schemas.updateNumberRequest,
    response: schemas.activeNumber,
  },
  releaseNumber: {
    operationId: 'NumberService_ReleaseNumber',
    method: 'POST',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}:release',
    pathParameters: ofNumber,
    effect: 'destructive',
    query: none,
    body: none,
    response: schemas.activeNumber,
  },
  listAvailableRegions: {
    operationId: 'NumberService_ListAvailableRegions',
    method: 'GET',
    path: '/v1/projects/{projectId}/availableRegions',
    pathParameters: none,
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
    pathParameters: none,
    effect: 'read',
    query: none,
    body: none,
    response: schemas.callbackConfiguration,
  },
  updateCallbackConfiguration: {
    operationId: 'UpdateCallbackConfiguration',
    method: 'PATCH',
    path: '/v1/projects/{projectId}/callbackConfiguration',
    pathParameters: none,
    effect: 'write',
    query: none,
    body: schemas.updateCallbackConfigurationRequest,
    response: schemas.callbackConfiguration,
  },
} as const satisfies Record<string, Operation>;
