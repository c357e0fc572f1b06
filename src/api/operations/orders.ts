/** The seven operations of number orders, by which numbers of every country and type are bought. */
import * as z from 'zod';
import * as schemas from '../schemas/orders.ts';
import { noContent, type Operation } from './operation.ts';

const none = z.strictObject({});
const ofOrder = z.strictObject({ numberOrderId: schemas.numberOrderId });

/** `data` is where the registration stood before it was moved into `requestDetails`. */
const REGISTRATION_DATA = ['requestDetails', 'data'] as const;

export const orderOperations = {
  lookupNumberRequirements: {
    operationId: 'LookupNumberRequirements',
    method: 'POST',
    path: '/v1/projects/{projectId}/numberOrders:lookupNumberRequirements',
    pathParameters: none,
    effect: 'read',
    query: none,
    body: schemas.lookupNumberRequirementsRequest,
    response: schemas.numberRequirements,
    freeForm: ['fields'],
  },
  createNumberOrder: {
    operationId: 'CreateNumberOrder',
    method: 'POST',
    path: '/v1/projects/{projectId}/numberOrders:createNumberOrder',
    pathParameters: none,
    effect: 'write',
    query: none,
    body: schemas.createNumberOrderRequest,
    response: schemas.numberOrder,
  },
  getNumberOrder: {
    operationId: 'GetNumberOrder',
    method: 'GET',
    path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}',
    pathParameters: ofOrder,
    effect: 'read',
    query: none,
    body: none,
    response: schemas.numberOrder,
  },
  updateNumberOrderRegistration: {
    operationId: 'UpdateNumberOrderRegistration',
    method: 'PUT',
    path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}/registration',
    pathParameters: ofOrder,
    effect: 'write',
    query: none,
    body: schemas.updateNumberOrderRegistrationRequest,
    response: schemas.registration,
    freeForm: REGISTRATION_DATA,
    personal: ['requestDetails'],
  },
  getNumberOrderRegistration: {
    operationId: 'GetNumberOrderRegistration',
    method: 'GET',
    path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}/registration',
    pathParameters: ofOrder,
    effect: 'read',
    query: none,
    body: none,
    response: schemas.registration,
    freeForm: REGISTRATION_DATA,
  },
  uploadNumberOrderAttachment: {
    operationId: 'UploadNumberOrderAttachment',
    method: 'POST',
    path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}/attachments/{attachmentId}',
    pathParameters: ofOrder.extend({ attachmentId: schemas.attachmentId }),
    effect: 'write',
    query: none,
    body: schemas.uploadNumberOrderAttachmentForm,
    encoding: 'multipart/form-data',
    response: noContent,
  },
  submitNumberOrder: {
    operationId: 'SubmitNumberOrder',
    method: 'POST',
    path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}/submit',
    pathParameters: ofOrder,
    effect: 'billing',
    query: none,
    body: none,
    response: schemas.numberOrder,
  },
} as const satisfies Record<string, Operation>;
