import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { ApiError, InvalidRequestError } from '../../src/api/errors.ts';
import { describeFailure } from '../../src/api/failure.ts';
import { type FilePart, multipart } from '../../src/api/multipart.ts';
import { noContent, type Operation } from '../../src/api/operations/operation.ts';
import { openUpload } from '../../src/api/upload.ts';
import { temporaryFolder } from '../support/stage.ts';
import { answerJson, connect, endpointAt, failure, freePort, serve } from './support.ts';

const MIB = 1024 * 1024;
const PDF = { fileName: 'passport.pdf', type: 'application/pdf', maxBytes: 20 * MIB };

const upload = {
  operationId: 'UploadNumberOrderAttachment',
  method: 'POST',
  path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}/attachments/{attachmentId}',
  pathParameters: z.strictObject({ numberOrderId: z.string(), attachmentId: z.string() }),
  effect: 'write',
  query: z.strictObject({}),
  body: z.strictObject({ file: z.custom<FilePart>(), documentType: z.string().optional() }),
  encoding: 'multipart/form-data',
  response: noContent,
} as const satisfies Operation;

const PLACE = { numberOrderId: '03kjzencnckxrn216rr1zzzzzz', attachmentId: 'd1c7ccbf-919d-462f' };

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, content);
  return path;
}

/** What a server reads from a form that it was sent. */
async function formOf(body: Buffer | string, type: string): Promise<FormData> {
  return new Response(typeof body === 'string' ? body : new Uint8Array(body), {
    headers: { 'content-type': type },
  }).formData();
}

describe('a form', () => {
  test('arrives with its file and its texts, and a length that is told beforehand', async () => {
    const server = await serve((response) => response.end());
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const file = await openUpload(await fileOf('%PDF-1.7 …'), PDF);
    expect(await client.call(upload, { ...PLACE, file, documentType: "Driver's License" })).toEqual({});
    const [{ target, headers, body } = { target: '', headers: {}, body: '' }] = server.requests;
    expect(target).toBe(
      '/v1/projects/project/numberOrders/03kjzencnckxrn216rr1zzzzzz/attachments/d1c7ccbf-919d-462f',
    );
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(headers).not.toHaveProperty('transfer-encoding');
    const form = await formOf(body, headers['content-type'] ?? '');
    expect([...form.keys()]).toEqual(['file', 'documentType']);
    expect(form.get('documentType')).toBe("Driver's License");
    expect(form.get('file')).toMatchObject({ name: 'passport.pdf', type: 'application/pdf' });
    expect(await new Response(form.get('file')).text()).toBe('%PDF-1.7 …');
  });

  test.each(['a "quoted" name.pdf', 'two\r\nlines: x', 'Ausweis für Zoë.pdf', '../up.pdf', ''])(
    'cannot be broken by the file name %j',
    async (fileName) => {
      const file = await openUpload(await fileOf('x'), { ...PDF, fileName });
      const { read, type, length } = multipart([{ name: 'file', value: file }]);
      const body = await buffer(read());
      expect(body).toHaveLength(length);
      const form = await formOf(body, type);
      expect([...form.keys()]).toEqual(['file']);
      expect(await new Response(form.get('file')).text()).toBe('x');
    },
  );

  test('is read anew by each attempt to send it', async () => {
    let attempts = 0;
    const server = await serve((response) => {
      if (++attempts < 3) answerJson(response, {}, 429);
      else response.writeHead(204).end();
    });
    const client = connect(endpointAt(server, { auth: 'basic' }));
    await client.call(upload, { ...PLACE, file: await openUpload(await fileOf('content'), PDF) });
    expect(server.requests).toHaveLength(3);
    for (const { body } of server.requests) expect(body).toContain('content');
  });

  test('takes texts and files alone', async () => {
    const client = connect(endpointAt({ url: `http://127.0.0.1:${await freePort()}` }));
    const notAFile = { ...PLACE, file: JSON.parse('{"fileName":"x"}') };
    expect(await failure(client.call(upload, notAFile))).toMatchObject({
      name: 'InvalidRequestError',
      message: 'file is neither a text nor a file',
    });
  });
});

describe('a file of 20 MB', () => {
  const content = randomBytes(20 * MIB);

  /** A server in a process of its own, which tells the hash of the file that it got, or answers before it has read it. */
  async function startSink(does: 'hash' | 'refuse'): Promise<{ url: string }> {
    const script = `
      const { createHash } = require('node:crypto');
      require('node:http').createServer(async (request, response) => {
        response.setHeader('content-type', 'application/json');
        if (${does === 'refuse'}) return response.writeHead(413).end('{"error":{"code":413,"status":"CONTENT_TOO_LARGE"}}');
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const form = Buffer.concat(chunks);
        const start = form.indexOf('\\r\\n\\r\\n') + 4;
        const hash = createHash('sha256').update(form.subarray(start, start + ${content.length}));
        response.end(JSON.stringify({ hash: hash.digest('hex') }));
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    const [port] = await once(child.stdout, 'data');
    return { url: `http://127.0.0.1:${Number(port)}` };
  }

  test('arrives as it is, and is never in memory as a whole', async () => {
    const server = await startSink('hash');
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const file = await openUpload(await fileOf(content), PDF);
    const hashed = { ...upload, response: z.looseObject({ hash: z.string() }) };
    let [before, most] = [0, 0];
    async function* read() {
      before = process.memoryUsage().arrayBuffers;
      for await (const chunk of file.read()) {
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        yield chunk;
      }
    }
    const { hash } = await client.call(hashed, { ...PLACE, file: { ...file, read } });
    expect(hash).toBe(createHash('sha256').update(content).digest('hex'));
    expect(most - before).toBeLessThan(2 * MIB);
  });

  test('that the API does not want is told as too large, and is not read to its end', async () => {
    const client = connect(endpointAt(await startSink('refuse'), { auth: 'basic' }));
    const file = await openUpload(await fileOf(content), PDF);
    let isOver = false;
    async function* read() {
      try {
        yield* file.read();
      } finally {
        isOver = true;
      }
    }
    const error = await failure(client.call(upload, { ...PLACE, file: { ...file, read } }));
    expect(error).toMatchObject({ name: 'ApiError', status: 413, acted: 'no' });
    if (!(error instanceof ApiError)) throw error;
    expect(describeFailure(error, { name: 'upload', effect: 'write', input: {} })).toBe(
      'upload failed: HTTP 413 CONTENT_TOO_LARGE: what was sent is larger than the API takes.\n' +
        'Send less, or a smaller file. Nothing was changed.',
    );
    await expect.poll(() => isOver).toBe(true);
  });
});

describe('a file', () => {
  test('larger than what is taken is refused', async () => {
    const path = await fileOf('four');
    expect((await openUpload(path, { ...PDF, maxBytes: 4 })).size).toBe(4);
    expect(await failure(openUpload(path, { ...PDF, maxBytes: 3 }))).toBeInstanceOf(InvalidRequestError);
  });

  test('that is empty arrives empty', async () => {
    const file = await openUpload(await fileOf(''), PDF);
    const { read, type, length } = multipart([{ name: 'file', value: file }]);
    const body = await buffer(read());
    expect(body).toHaveLength(length);
    expect((await formOf(body, type)).get('file')).toMatchObject({ size: 0 });
  });

  test('that is missing, or a folder, is told by its name and not by its path', async () => {
    const folder = await temporaryFolder();
    for (const path of [join(folder, 'nowhere'), folder]) {
      const error = await failure(openUpload(path, PDF));
      expect(error).toMatchObject({ name: 'InvalidRequestError', acted: 'no' });
      expect(String(error)).toMatch(/passport\.pdf (cannot be read \([A-Z]+\)|is no regular file)$/);
    }
  });

  test.runIf(process.platform !== 'win32')('that is a link is not followed', async () => {
    const folder = await temporaryFolder();
    await symlink(await fileOf('x'), join(folder, 'link'));
    expect(await failure(openUpload(join(folder, 'link'), PDF))).toBeInstanceOf(InvalidRequestError);
  });

  test.each<[string, (path: string) => Promise<void>]>([
    ['longer', (path) => appendFile(path, 'more')],
    ['shorter', (path) => truncate(path, 1)],
    ['another of the same length', (path) => utimes(path, 0, 0)],
  ])('that has become %s ends the request, which the API cannot have carried out', async (_, change) => {
    const server = await serve((response) => response.end());
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const path = await fileOf('is before');
    const file = await openUpload(path, PDF);
    await change(path);
    expect(await failure(client.call(upload, { ...PLACE, file }))).toMatchObject({
      name: 'InvalidRequestError',
      message: 'passport.pdf was changed while it was being sent',
    });
    expect(server.requests).toEqual([]);
  });

  test('that shrinks while it is read is not filled up', async () => {
    const path = await fileOf(Buffer.alloc(MIB));
    const { read } = await openUpload(path, PDF);
    const iterator = read()[Symbol.asyncIterator]();
    await iterator.next();
    await truncate(path, 64 * 1024);
    await expect(iterator.next()).rejects.toThrow('was changed while it was being sent');
  });
});
