/** What the tests of orders share: a registration for each country that asks for one, and the steps of an order. */
import * as z from 'zod';
import { type Answer, type Api, search } from './api.ts';

export const IDENTITY = 'd1c7ccbf-919d-462f-8587-dec95a1b1100';
export const LETTER = '01jxn2251d0shhamtbykft2xzx';

export const USE = {
  senderId: 'Vandelay',
  purposeOfTheTraffic: 'One Time Password',
  intendedUseOfMobileNumbers: 'Transactional',
  iConfirmThatMyBusinessHasAValidUseCaseForThisLn: true,
};
export const BUSINESS = {
  endBusinessName: 'Vandelay Pty Ltd',
  endBusinessAddress: '1 Import Street',
  city: 'Sydney',
  state: 'NSW',
  country: 'AU',
  postalCode: '2000',
};
export const CONTACT = { firstName: 'Art', lastName: 'Vandelay', phoneNumber: '+61491570006' };

export const GERMAN = {
  businessName: 'Vandelay GmbH',
  registrationNumber: 'HRB 12345',
  street: 'Unter den Linden 1',
  city: 'Berlin',
  postalCode: '10117',
  contactEmail: 'art@example.com',
  usage: 'SALES',
};

/** A registration that is accepted, by the product that asks for it. */
export const REGISTRATIONS: Readonly<Record<string, object>> = {
  AU: { data: [[USE], BUSINESS, CONTACT] },
  DE: { data: GERMAN },
};

export const order = z.looseObject({
  idNumberOrder: z.string(),
  state: z.string(),
  orderNumbers: z.array(z.looseObject({ phoneNumber: z.string() })),
  expireTime: z.string().nullable(),
});

export const registration = z.looseObject({
  requestDetails: z.looseObject({}),
  attachments: z.array(z.looseObject({ attachmentId: z.string(), uploadStatus: z.string() })),
  logs: z.array(z.looseObject({ message: z.string(), createTime: z.string() })),
});

export const TYPES: Readonly<Record<string, string>> = {
  US: 'LOCAL',
  DE: 'LOCAL',
  GB: 'MOBILE',
  AU: 'MOBILE',
};

/** Asks for an order, by default of the first number that a search in that country finds. */
export async function ask(api: Api, regionCode: string, more: object = {}): Promise<Answer> {
  const numberType = TYPES[regionCode];
  const phoneNumbers = await search(api, `regionCode=${regionCode}&type=${numberType}&size=1`);
  const wanted = 'quantityOrderOption' in more ? {} : { numberOrderOption: { phoneNumbers } };
  return api.post('/numberOrders:createNumberOrder', { regionCode, numberType, ...wanted, ...more });
}

export async function create(
  api: Api,
  regionCode: string,
  more: object = {},
): Promise<z.output<typeof order>> {
  return order.parse((await ask(api, regionCode, more)).body);
}

export async function readOrder(api: Api, id: string): Promise<z.output<typeof order>> {
  return order.parse((await api.get(`/numberOrders/${id}`)).body);
}

export async function readRegistration(api: Api, id: string): Promise<z.output<typeof registration>> {
  return registration.parse((await api.get(`/numberOrders/${id}/registration`)).body);
}

export const register = (api: Api, id: string, requestDetails: object = {}) =>
  api.put(`/numberOrders/${id}/registration`, { requestDetails });

/** Uploads a file; a passport unless it is said otherwise. */
export function upload(
  api: Api,
  id: string,
  {
    attachmentId = IDENTITY,
    name = 'passport.pdf',
    type = 'application/pdf',
    documentType = 'Passport',
    size = 3,
  } = {},
): Promise<Answer> {
  const form = new FormData();
  form.append('file', new File([Buffer.alloc(size)], name, { type }));
  if (documentType) form.append('documentType', documentType);
  return api.upload(`/numberOrders/${id}/attachments/${attachmentId}`, form);
}

export const submit = (api: Api, id: string) => api.post(`/numberOrders/${id}/submit`);

/** An order that needs no more than to be submitted. */
export async function prepare(api: Api, regionCode: string, more: object = {}): Promise<string> {
  const { idNumberOrder } = await create(api, regionCode, more);
  const details = REGISTRATIONS[regionCode];
  if (details) await register(api, idNumberOrder, details);
  if (regionCode === 'AU') await upload(api, idNumberOrder);
  return idNumberOrder;
}

/** The 404 of an order that there is not. */
export function noOrder(resourceType: string, resourceName: string): object {
  const details = [{ type: 'ResourceInfo', resourceType, resourceName, owner: '', description: '' }];
  return { error: { code: 404, message: '', status: 'NOT_FOUND', details } };
}
