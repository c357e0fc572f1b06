/** What people register reaches the API and whoever asks for it: no log, file, error or resource holds it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OFFERED, simulate } from '../api/support.ts';
import { BUSINESS, CONTACT, IDENTITY, USE } from '../simulator/order.ts';
import { temporaryFolder } from '../support/stage.ts';
import { envFor, type Person } from './harness.ts';
import { connectServer } from './inside.ts';

const SECRET = /Vandelay|Import Street|491570006|Lenox|Kramer|passport-of|4711-ECHO/;

const agreeing: Person = ({ field, message }) => ({
  action: 'accept',
  content: { [field]: (/\+\d+/.exec(message)?.[0] ?? '').slice(-4) },
});

test('personal data of a whole run is nowhere but in questions and in what was asked for', async () => {
  const api = await simulate({ active: 1 });
  const [state, attachments] = [await temporaryFolder(), await temporaryFolder()];
  await writeFile(join(attachments, 'passport-of-art.pdf'), '%PDF-1.7 Vandelay');
  const server = await connectServer({
    env: {
      ...envFor(api),
      SINCH_NUMBERS_STATE_DIR: state,
      SINCH_NUMBERS_ATTACHMENTS_DIR: attachments,
      SINCH_NUMBERS_TOOLSETS: 'all',
      SINCH_NUMBERS_LOG: 'debug',
    },
    person: agreeing,
  });
  const product = { regionCode: 'AU', numberType: 'MOBILE' };
  const option = { quantityOrderOption: { requestedQuantity: 1 } };
  const created = await server.call('create_number_order', { ...product, ...option });
  const numberOrderId = /^Order (\w+): CREATED/.exec(created.text)?.[1] ?? '';
  const register = (data: unknown) =>
    server.call('update_number_order_registration', { numberOrderId, requestDetails: { data } });
  const data = [[USE], BUSINESS, CONTACT];

  // The API repeats what it refuses.
  const description = 'postalCode 4711-ECHO of VANDELAY PTY LTD is not in 1 Import Street';
  api.faults.add({
    path: /registration$/,
    answer: {
      status: 400,
      body: {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: `No ${CONTACT.phoneNumber}`,
          details: [{ type: 'BadRequest', fieldViolations: [{ field: 'data[1].postalCode', description }] }],
        },
      },
    },
  });
  const refused = await register([[USE], { ...BUSINESS, postalCode: '4711-ECHO' }, CONTACT]);
  expect(refused.text).toContain('data[1].postalCode: postalCode **** of **** is not in ****');
  api.faults.add({ path: /registration$/, drop: 'after' });
  const lost = await register(data);
  const malformed = await server.call('update_number_order_registration', {
    numberOrderId,
    requestDetails: 'Vandelay',
  });
  expect((await register(data)).isError).toBe(false);
  const uploaded = await server.call('upload_number_order_attachment', {
    numberOrderId,
    ...{ attachmentId: IDENTITY, fileName: 'passport-of-art.pdf', documentType: 'Passport' },
  });
  expect(uploaded.isError).toBe(false);
  const submitted = await server.call('submit_number_order', { numberOrderId });
  expect(submitted.structured).toMatchObject({ outcome: 'completed' });
  expect(server.questions[0]?.message).toContain('"Vandelay Pty Ltd", "Art Vandelay"');
  await server.call('wait_for_number_order', { numberOrderId, timeoutSeconds: 10 });

  api.project.rent(OFFERED, { voice: { type: 'EST', trunkId: 'trunk-a', appId: '', serviceId: '' } });
  await server.call('wait_for_provisioning', { phoneNumber: OFFERED });
  const address = {
    streetNumber: '3500',
    streetInfo: 'Lenox Rd NE',
    city: 'Atlanta',
    state: 'GA',
    postalCode: '30326',
  };
  const addressed = { phoneNumber: OFFERED, displayName: 'Kramer', address };
  const set = await server.call('provision_emergency_address', addressed);
  expect(set.structured).toMatchObject({ outcome: 'completed' });

  const activity = await server.call('list_activity');
  const listed = await server.call('list_number_orders');
  const { resources } = await server.client.listResources();
  const read = await Promise.all(resources.map(({ uri }) => server.client.readResource({ uri })));
  await server.client.close();
  const files = await readdir(state);
  const kept = await Promise.all(files.map((file) => readFile(join(state, file), 'utf8')));
  expect(kept.join('')).toContain(numberOrderId);
  const everything = {
    ...{ refused, lost, malformed, submitted, activity, listed, read, files, kept },
    log: server.stderr(),
  };
  for (const [what, held] of Object.entries(everything)) {
    expect.soft(JSON.stringify(held), what).not.toMatch(SECRET);
  }
});
