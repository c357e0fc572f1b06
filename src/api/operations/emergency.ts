/** The four operations of emergency addresses: where help goes when a number calls 911. */
import * as z from 'zod';
import * as schemas from '../schemas/emergency.ts';
import { phoneNumber } from '../schemas/numbers.ts';
import { noContent, type Operation } from './operation.ts';

const none = z.strictObject({});
const ofNumber = z.strictObject({ phoneNumber });

export const emergencyOperations = {
  getEmergencyAddress: {
    operationId: 'NumberService_GetEmergencyAddress',
    method: 'GET',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}/emergencyAddress',
    pathParameters: ofNumber,
    effect: 'read',
    query: none,
    body: none,
    response: schemas.emergencyAddress,
  },
  validateEmergencyAddress: {
    operationId: 'NumberService_ValidateEmergencyAddress',
    method: 'POST',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}/emergencyAddress:validate',
    pathParameters: ofNumber,
    effect: 'read',
    query: none,
    body: schemas.emergencyAddressRequest,
    personal: ['displayName', 'address'],
    response: schemas.validateAddressResponse,
  },
  provisionEmergencyAddress: {
    operationId: 'NumberService_ProvisionEmergencyAddress',
    method: 'POST',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}/emergencyAddress:provision',
    pathParameters: ofNumber,
    effect: 'billing',
    query: none,
    body: schemas.emergencyAddressRequest,
    personal: ['displayName', 'address'],
    response: schemas.emergencyAddress,
  },
  deprovisionEmergencyAddress: {
    operationId: 'NumberService_DeprovisionEmergencyAddress',
    method: 'POST',
    path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}/emergencyAddress:deprovision',
    pathParameters: ofNumber,
    effect: 'destructive',
    query: none,
    body: none,
    response: noContent,
  },
} as const satisfies Record<string, Operation>;
