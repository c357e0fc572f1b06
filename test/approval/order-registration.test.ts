import { expect, test } from 'vitest';
import { registeredNames } from '../../src/approval/operations/order-registration.ts';

test.each([
  [{ data: [[{ senderId: 'x' }], { firstName: 'Art', lastName: 'Vandelay' }] }, ['Art Vandelay']],
  [{ businessName: 'Vandelay', contact: { name: 'Art' }, again: { name: 'Art' } }, ['Vandelay', 'Art']],
  [{ company: 'Vandelay', fullName: '' }, ['Vandelay']],
  [{ name: { first: 'Art', last: 'Vandelay' } }, ['Art Vandelay']],
  [{ directorNames: ['Art', { first: 'Kel', last: 'Varnsen' }], name: [] }, ['Art', 'Kel Varnsen']],
  [{ company: { name: 'Vandelay', city: 'Berlin' } }, ['Vandelay']],
  [{ city: 'Berlin', flag: true, nothing: null }, []],
])('names in a registration of any shape: %j', (requestDetails, names) => {
  expect(registeredNames({ requestDetails, attachments: [], logs: [] })).toEqual(names);
});
