/** Files of lines: what stands in them after every kind of mishap. */
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readFile,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { appendLines, isMissing, readLines, START, syncFile } from '../../../src/storage/file/lines.ts';
import { StoreError } from '../../../src/storage/store.ts';
import { failure } from '../../api/support.ts';
import { temporaryFolder } from '../../support/stage.ts';

async function newPath(): Promise<string> {
  return join(await temporaryFolder(), 'file.jsonl');
}

/** What all file handles share. */
async function handles(): Promise<FileHandle> {
  const file = await open(await newPath(), 'w');
  await file.close();
  return Object.getPrototypeOf(file);
}

describe('lines that are appended', () => {
  test('stand in the file in their order, each with a line feed, readable by the owner alone', async () => {
    const path = await newPath();
    await appendLines(path, ['one', 'two']);
    await appendLines(path, ['Zürich 東京 🎉']);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\nZürich 東京 🎉\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('leave what a crash has torn on a line of its own', async () => {
    const path = await newPath();
    await writeFile(path, 'whole\nto');
    await appendLines(path, ['next']);
    expect(await readFile(path, 'utf8')).toBe('whole\nto\nnext\n');
  });

  test('stay whole when many are appended at once', async () => {
    const path = await newPath();
    const lines = Array.from({ length: 100 }, (_, index) => `${index}${'x'.repeat(5_000)}`);
    await Promise.all(lines.map((line) => appendLines(path, [line])));
    const { lines: read } = await readLines(path, START);
    expect([...read].sort()).toEqual(lines.sort());
  });

  test('are on disk before they are acknowledged, and so is the name of a new file', async () => {
    const path = await newPath();
    const prototype = await handles();
    const order: string[] = [];
    const { datasync, sync } = prototype;
    const spies = [
      vi.spyOn(prototype, 'datasync').mockImplementation(async function (this: FileHandle) {
        await datasync.call(this);
        order.push(`data of ${(await readFile(path, 'utf8')).length} bytes`);
      }),
      vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
        await sync.call(this);
        order.push('folder');
      }),
    ];
    onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()));
    await appendLines(path, ['one']);
    order.push('acknowledged');
    await appendLines(path, ['two']);
    order.push('acknowledged');
    expect(order).toEqual(['data of 4 bytes', 'folder', 'acknowledged', 'data of 8 bytes', 'acknowledged']);
  });

  test('are not acknowledged where only a part could be written', async () => {
    const path = await newPath();
    const prototype = await handles();
    const spy = vi.spyOn(prototype, 'write').mockImplementation(async function (
      this: FileHandle,
      bytes: unknown,
    ) {
      await appendFile(path, String(bytes).slice(0, 3));
      return { bytesWritten: 3, buffer: '' };
    });
    onTestFinished(() => void spy.mockRestore());
    expect(await failure(appendLines(path, ['a line']))).toBeInstanceOf(Error);
    spy.mockRestore();
    await appendLines(path, ['after it']);
    expect((await readLines(path, START)).lines).toEqual(['a l', 'after it']);
  });

  test('are refused where the folder is missing', async () => {
    const path = join(await temporaryFolder(), 'not', 'there');
    expect(isMissing(await failure(appendLines(path, ['one'])))).toBe(true);
  });
});

describe('reading lines', () => {
  test('of a file that is not there finds none, and finds them once it is', async () => {
    const path = await newPath();
    const { lines, position } = await readLines(path, START);
    expect(lines).toEqual([]);
    await appendLines(path, ['one']);
    expect((await readLines(path, position)).lines).toEqual(['one']);
  });

  test('goes on where it ended', async () => {
    const path = await newPath();
    await appendLines(path, ['one', '東京']);
    const first = await readLines(path, START);
    await appendLines(path, ['three']);
    const second = await readLines(path, first.position);
    expect(second).toMatchObject({ lines: ['three'], isAnother: false });
    expect(await readLines(path, second.position)).toMatchObject({ lines: [], isAnother: false });
  });

  test('leaves a line that is not whole until it is', async () => {
    const path = await newPath();
    const [half, rest] = [Buffer.from('zwölf').subarray(0, 3), Buffer.from('zwölf').subarray(3)];
    await writeFile(path, Buffer.concat([Buffer.from('one\n'), half]));
    const first = await readLines(path, START);
    expect(first.lines).toEqual(['one']);
    await appendFile(path, Buffer.concat([rest, Buffer.from('\n')]));
    expect((await readLines(path, first.position)).lines).toEqual(['zwölf']);
  });

  test('skips empty lines', async () => {
    const path = await newPath();
    await writeFile(path, '\none\n\n\ntwo\n\n');
    expect((await readLines(path, START)).lines).toEqual(['one', 'two']);
  });

  test('begins anew where another file has taken the place, and says so', async () => {
    const path = await newPath();
    await appendLines(path, ['old']);
    const { position } = await readLines(path, START);
    await writeFile(`${path}.new`, 'new and longer\n');
    await rename(`${path}.new`, path);
    expect(await readLines(path, position)).toMatchObject({ lines: ['new and longer'], isAnother: true });
  });

  test('begins anew where the file was cut, and says so', async () => {
    const path = await newPath();
    await appendLines(path, ['one', 'two']);
    const { position } = await readLines(path, START);
    await writeFile(path, 'x\n');
    expect(await readLines(path, position)).toMatchObject({ lines: ['x'], isAnother: true });
  });

  test('says so where the file is gone', async () => {
    const { lines, isAnother } = await readLines(await newPath(), { inode: 7, offset: 7 });
    expect(lines).toEqual([]);
    expect(isAnother).toBe(true);
  });

  test('fails for what is no file', async () => {
    const path = await newPath();
    await mkdir(path);
    const error = await failure(readLines(path, START));
    expect(error).toBeInstanceOf(StoreError);
    expect(isMissing(error)).toBe(false);
  });
});

describe('syncing a file', () => {
  test('waits for the disk', async () => {
    const path = await newPath();
    await writeFile(path, 'one\n');
    const spy = vi.spyOn(await handles(), 'datasync');
    onTestFinished(() => void spy.mockRestore());
    await syncFile(path);
    expect(spy).toHaveBeenCalledTimes(1);
  });

  test('that is not there is no failure, and makes none', async () => {
    const path = await newPath();
    await syncFile(path);
    expect(isMissing(await failure(stat(path)))).toBe(true);
  });
});
