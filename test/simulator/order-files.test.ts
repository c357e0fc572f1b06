/** Files of an order, over real forms. */
import { describe, expect, test } from 'vitest';
import { MAX_ATTACHMENT_BYTES } from '../../src/simulator/invented.ts';
import { badRequest, basic, request, startApi, violation } from './api.ts';
import { create, IDENTITY, noOrder, readRegistration, upload } from './order.ts';

describe('a file', () => {
  test('is there once it is uploaded, and replaced by another', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    expect(await upload(api, idNumberOrder)).toMatchObject({ status: 200, text: '' });
    await upload(api, idNumberOrder, { name: 'license.pdf', documentType: "Driver's License" });
    const { attachments } = await readRegistration(api, idNumberOrder);
    expect(attachments[0]).toMatchObject({
      fileName: 'license.pdf',
      mimeType: 'application/pdf',
      documentType: "Driver's License",
      uploadStatus: 'COMPLETED',
    });
    expect(attachments[1]).toMatchObject({ uploadStatus: 'WAITING' });
  });

  test('fails where its name says so', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    await upload(api, idNumberOrder, { name: 'FAILED.pdf' });
    expect((await readRegistration(api, idNumberOrder)).attachments[0]?.uploadStatus).toBe('FAILED');
  });

  test.each([
    [{ type: 'image/png' }, 'file'],
    [{ documentType: 'Library card' }, 'documentType'],
    [{ documentType: '' }, 'documentType'],
  ])('%j is refused over %s', async (file, field) => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    expect(await upload(api, idNumberOrder, file)).toMatchObject({
      status: 400,
      body: violation(field, expect.stringContaining('Must be one of')),
    });
    expect((await readRegistration(api, idNumberOrder)).attachments[0]?.uploadStatus).toBe('WAITING');
  });

  test.each([
    ['AU', 'unknown'],
    ['DE', IDENTITY],
  ])('that %s does not ask for finds no place', async (region, attachmentId) => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, region);
    expect(await upload(api, idNumberOrder, { attachmentId })).toMatchObject({
      status: 404,
      body: noOrder('NumberOrderAttachment', attachmentId),
    });
  });

  test('is no text, and comes in a form', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    const path = `/numberOrders/${idNumberOrder}/attachments/${IDENTITY}`;
    const form = new FormData();
    form.append('file', 'text');
    expect(await api.upload(path, form)).toMatchObject({
      status: 400,
      body: violation('file', expect.any(String)),
    });
    expect(await api.post(path, { file: 'x' })).toMatchObject({
      status: 400,
      body: badRequest(expect.any(String)),
    });
    const { simulator } = api;
    const broken = request(`${simulator.url}/v1/projects/${simulator.projectId}${path}`, {
      method: 'POST',
      headers: { authorization: basic(simulator), 'content-type': 'multipart/form-data; boundary=x' },
      body: 'no form',
    });
    expect(await broken).toMatchObject({ status: 400, body: badRequest(expect.any(String)) });
  });

  test.each([
    [MAX_ATTACHMENT_BYTES, 200],
    [MAX_ATTACHMENT_BYTES + 1, 413],
    [2 * MAX_ATTACHMENT_BYTES, 413],
  ])('of %d bytes is answered %d', async (size, status) => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    const answer = await upload(api, idNumberOrder, { size });
    expect(answer.status).toBe(status);
    if (status === 413) {
      const message = expect.stringContaining(String(MAX_ATTACHMENT_BYTES));
      const details = [{ type: 'ResourceInfo', resourceName: 'file', description: message }];
      expect(answer.body).toEqual({ error: { code: 413, message, status: 'CONTENT_TOO_LARGE', details } });
    }
    const { attachments } = await readRegistration(api, idNumberOrder);
    expect(attachments[0]?.uploadStatus).toBe(status === 200 ? 'COMPLETED' : 'WAITING');
  });

  test('of unknown length is refused as soon as it is too large', async () => {
    const api = await startApi();
    const { simulator } = api;
    const { idNumberOrder } = await create(api, 'AU');
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent++;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const path = `/numberOrders/${idNumberOrder}/attachments/${IDENTITY}`;
    const answer = await request(`${simulator.url}/v1/projects/${simulator.projectId}${path}`, {
      method: 'POST',
      headers: { authorization: basic(simulator), 'content-type': 'multipart/form-data; boundary=x' },
      body: endless,
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(40);
  });
});
