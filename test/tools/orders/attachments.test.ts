import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { IDENTITY, LETTER } from '../../simulator/order.ts';
import { linesOf, temporaryFolder } from '../../support/stage.ts';
import { openOrders, prepare, submit } from './support.ts';

const TOOL = 'upload_number_order_attachment';
const PASSPORT = { attachmentId: IDENTITY, fileName: 'passport.pdf', documentType: 'Passport' };

/** An Australian order, and a folder with a file for it beside which others stand. */
async function openUploads() {
  const root = await temporaryFolder();
  const attachmentsDir = join(root, 'files');
  await mkdir(join(attachmentsDir, 'folder.pdf'), { recursive: true });
  await writeFile(join(root, 'secret.pdf'), 'secret');
  await writeFile(join(attachmentsDir, 'passport.pdf'), '%PDF-1.7');
  const stage = await openOrders({ attachmentsDir });
  const numberOrderId = await prepare(stage, 'AU');
  const upload = (args: object, caller = {}) => stage.call(TOOL, { numberOrderId, ...args }, caller);
  const uploads = () => stage.sent().filter((request) => request.includes('/attachments/'));
  return { stage, root, attachmentsDir, numberOrderId, upload, uploads };
}

describe(TOOL, () => {
  test('uploads a file of the folder, tells how far it is, and the order can be submitted', async () => {
    const { stage, numberOrderId, upload } = await openUploads();
    const told: [number, number | undefined][] = [];
    const result = await upload(PASSPORT, {
      onProgress: (done: number, total: number | undefined) => told.push([done, total]),
    });
    expect(result.text).toContain('Uploaded "passport.pdf" (application/pdf, 8 bytes).');
    expect(result.text).toContain(`File ${IDENTITY}: COMPLETED, "passport.pdf", "Passport"`);
    expect(result.structured).not.toHaveProperty('requestDetails');
    expect(told).toEqual([[8, 8]]);
    expect((await submit(stage, numberOrderId)).structured).toMatchObject({ outcome: 'completed' });
  });

  test.each([404, 500])(
    'that went through says so, also where the order answers %d to that',
    async (status) => {
      const { stage, upload } = await openUploads();
      const body = { error: { code: status, status: 'NOT_FOUND', message: '' } };
      stage.simulator.faults.add({ path: /registration$/, answer: { status, body } });
      const result = await upload(PASSPORT);
      expect(result.isError ?? false).toBe(false);
      expect(linesOf(result)[0]).toBe('Uploaded "passport.pdf" (application/pdf, 8 bytes).');
      if (status === 500) expect(result.text).toContain('Its status could not be read (HTTP 500');
    },
  );

  test.each([
    '../secret.pdf',
    '..',
    '.',
    '/etc/passwd',
    'folder.pdf/../passport.pdf',
    '..\\secret.pdf',
    'C:\\secret.pdf',
    'passport.pdf:stream',
    'passport.pdf\0.png',
    '.hidden',
    'passport.pdf.',
    'passport.pdf ',
  ])('takes no name that is more than a name: %j', async (fileName) => {
    const { upload, uploads } = await openUploads();
    const result = await upload({ ...PASSPORT, fileName });
    expect(result.isError).toBe(true);
    expect(result.text).toContain('must be the name of a file in the folder alone');
    expect(uploads()).toEqual([]);
  });

  test('follows no link, and takes neither folder nor what is not there', async () => {
    const { upload, uploads, root, attachmentsDir } = await openUploads();
    await symlink(join(root, 'secret.pdf'), join(attachmentsDir, 'link.pdf'));
    await symlink('passport.pdf', join(attachmentsDir, 'inner.pdf'));
    for (const fileName of ['link.pdf', 'inner.pdf']) {
      expect((await upload({ ...PASSPORT, fileName })).text).toContain('is a link, and none is followed');
    }
    expect((await upload({ ...PASSPORT, fileName: 'folder.pdf' })).text).toContain('no regular file');
    const missing = await upload({ ...PASSPORT, fileName: 'other.pdf' });
    expect(missing.text).toContain('there is no such file in the folder. It holds "passport.pdf"');
    expect(uploads()).toEqual([]);
  });

  test.each([
    [
      { ...PASSPORT, fileName: 'note.txt' },
      'the file is text/plain by its name, and must be one of application/pdf',
    ],
    [{ ...PASSPORT, documentType: undefined }, 'documentType must be one of "Passport"'],
    [{ ...PASSPORT, documentType: 'Library card' }, 'documentType must be one of "Passport"'],
    [{ ...PASSPORT, attachmentId: 'other' }, `attachmentId is none of this order's: ${IDENTITY}`],
    [{ ...PASSPORT, fileName: 'empty.pdf' }, 'the file is empty'],
    [{ ...PASSPORT, fileName: 'large.pdf' }, 'larger than 20 MB'],
    [{ attachmentId: LETTER, fileName: 'note.txt' }, 'must be one of application/rtf, application/pdf'],
  ])('compares a file with what is asked for before it is sent: %j', async (args, words) => {
    const { upload, uploads, attachmentsDir } = await openUploads();
    for (const name of ['note.txt', 'empty.pdf', 'large.pdf']) {
      await writeFile(join(attachmentsDir, name), name === 'empty.pdf' ? '' : 'text');
    }
    await truncate(join(attachmentsDir, 'large.pdf'), 20 * 1024 * 1024 + 1);
    expect((await upload(args)).text).toContain(words);
    expect(uploads()).toEqual([]);
  });

  test('tells where the API takes no file of that size', async () => {
    const { upload, attachmentsDir } = await openUploads();
    await truncate(join(attachmentsDir, 'passport.pdf'), 20 * 1024 * 1024);
    const result = await upload(PASSPORT);
    expect(result.text).toContain('HTTP 413');
    expect(result.text).toContain('a smaller file');
  });

  test('says what to set where no folder is set aside', async () => {
    const stage = await openOrders();
    const result = await stage.call(TOOL, { numberOrderId: await prepare(stage, 'AU'), ...PASSPORT });
    expect(result.text).toContain('SINCH_NUMBERS_ATTACHMENTS_DIR');
  });
});
