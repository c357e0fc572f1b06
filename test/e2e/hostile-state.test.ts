/** State folders that others may have prepared: nothing is rented with them, everything else goes on, and the server ends when told. */
import { execFileSync } from 'node:child_process';
import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OFFERED, simulate } from '../api/support.ts';
import { temporaryFolder } from '../support/stage.ts';
import { envFor, gatedResult, handshake, run, toolCall } from './harness.ts';
import { run as runInside } from './inside.ts';

/** What stands in the way, and the words for it. */
const FOLDERS: readonly (readonly [string, RegExp, (folder: string) => Promise<unknown>])[] = [
  ['that everybody may write to', /every user of this machine/, (folder) => chmod(folder, 0o777)],
  [
    'with a symbolic link as its journal',
    /symbolic link/,
    async (folder) => {
      await writeFile(join(folder, 'elsewhere'), '');
      await symlink(join(folder, 'elsewhere'), join(folder, 'journal.jsonl'));
    },
  ],
  [
    'with a link to nowhere as its journal',
    /symbolic link/,
    (folder) => symlink(join(folder, 'elsewhere'), join(folder, 'journal.jsonl')),
  ],
  [
    'with a FIFO as its journal',
    /not a regular file/,
    async (folder) => execFileSync('mkfifo', [join(folder, 'journal.jsonl')]),
  ],
  [
    'with a FIFO for its approvals',
    /not a regular file/,
    async (folder) => execFileSync('mkfifo', [join(folder, 'approvals.jsonl')]),
  ],
];

/** Longer than a start and a few calls take. */
const SOON = { timeout: 10_000 };

// Windows has none of these.
test.skipIf(process.platform === 'win32').each(FOLDERS)('a folder %s', SOON, async (_, reason, prepare) => {
  const api = await simulate();
  const folder = await temporaryFolder();
  await prepare(folder);
  // What is stuck in a FIFO could keep a process from its end.
  const start = reason.test('not a regular file') ? run : runInside;
  const server = start([], {
    ...envFor(api),
    SINCH_NUMBERS_STATE_DIR: folder,
    SINCH_NUMBERS_CONFIRM: 'token',
  });
  server.send(...handshake(), toolCall('rent', 'rent_number', { phoneNumber: OFFERED }));
  server.send(toolCall('read', 'list_active_numbers'));
  const { outcome, message } = gatedResult(await server.answer('rent'));
  expect(outcome).toBe('not_executed');
  expect(message).toMatch(reason);
  expect(message).toMatch(/Nothing was sent\.$/);
  expect((await server.answer('read')).result).toMatchObject({ structuredContent: { totalSize: 12 } });
  expect(api.count('POST /availableNumbers')).toBe(0);
  server.kill('SIGTERM');
  expect(await server.exit).toEqual({ code: 0, signal: null });
  expect(await readFile(join(folder, 'elsewhere'), 'utf8').catch(() => '')).toBe('');
});
