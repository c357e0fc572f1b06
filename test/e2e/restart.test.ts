/** What a server that was killed leaves behind, and what the next one makes of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OFFERED, OFFERED_TOO, simulate } from '../api/support.ts';
import { endLeases } from '../support/journal.ts';
import { either } from '../support/length.ts';
import { temporaryFolder } from '../support/stage.ts';
import {
  type Env,
  envFor,
  eventually,
  gatedResult,
  handshake,
  run,
  type Served,
  toolCall,
} from './harness.ts';
import { openHeldWorld } from './held-api.ts';
import { run as runInside } from './inside.ts';

/** A server that gives tokens. */
function runWithTokens<S extends Served>(env: Env, start: (args: readonly string[], env: Env) => S): S {
  const server = start([], { ...env, SINCH_NUMBERS_CONFIRM: 'token' });
  server.send(...handshake());
  return server;
}

test('a rent that was on its way is left alone while its lease lasts, and counts; then the next start tells its truth', async () => {
  const world = await openHeldWorld();
  const env = { ...world.env, SINCH_NUMBERS_MAX_RENTS_PER_DAY: '1' };
  const killed = runWithTokens(env, run);
  killed.send(toolCall('ask', 'rent_number', { phoneNumber: OFFERED }));
  const { confirmation } = gatedResult(await killed.answer('ask'));
  const confirmationToken = confirmation?.token;
  killed.send(toolCall('spend', 'rent_number', { phoneNumber: OFFERED, confirmationToken }));
  await world.arrived;
  killed.kill('SIGKILL');
  await killed.exit;

  const early = runWithTokens(env, runInside);
  early.send(toolCall('rent', 'rent_number', { phoneNumber: OFFERED_TOO }));
  expect(gatedResult(await early.answer('rent')).message).toContain('SINCH_NUMBERS_MAX_RENTS_PER_DAY');
  early.send(toolCall('activity', 'list_activity'));
  expect((await early.answer('activity')).result).toMatchObject({
    structuredContent: { activities: [{ phoneNumber: OFFERED, outcome: 'under_way' }] },
  });
  early.endInput();
  await early.exit;
  expect(world.journal()).toEqual(['rent_number open']);

  world.release();
  await eventually(world.posts).toHaveLength(1);
  await eventually(world.rented).toBe(2);
  endLeases(world.folder);
  const late = runWithTokens(env, runInside);
  await eventually(world.journal).toEqual([`rent_number completed ${OFFERED}`]);
  late.send(toolCall('rent', 'rent_number', { phoneNumber: OFFERED_TOO }));
  expect(gatedResult(await late.answer('rent')).message).toMatch(
    /Tell the user also: rent_number of \+12025550134 at .* when the server ended: completed\./,
  );
  expect(world.posts()).toHaveLength(1);
});

/** How many rents and releases were left open by servers that are gone. */
const ABANDONED = either(400, 120);

test('many of them are counted in the next answer, not told one by one', async () => {
  const api = await simulate({ active: 0 });
  const folder = await temporaryFolder();
  const at = new Date(Date.now() - 10 * 60_000).toISOString();
  // As version 0.1 wrote them, about numbers that are gone.
  const lines = Array.from({ length: ABANDONED }, (_, index) =>
    JSON.stringify({
      ...{ step: 'intent', id: `abandoned-${index}`, at, projectId: api.projectId, pid: 999_999_999 },
      ...{ tool: 'release_number', arguments: { phoneNumber: `+1202666${1_000 + index}` } },
      ...{ terms: {}, confirmedBy: 'token' },
    }),
  );
  await writeFile(join(folder, 'journal.jsonl'), `${lines.join('\n')}\n`, { mode: 0o600 });
  const server = runWithTokens({ ...envFor(api), SINCH_NUMBERS_STATE_DIR: folder }, run);
  server.send(toolCall('rent', 'rent_number', { phoneNumber: OFFERED }));
  const { message } = gatedResult(await server.answer('rent'));
  expect(message).toContain('release_number of +1202666');
  expect(message).toMatch(new RegExp(`And ${ABANDONED - 5} more: sinch-numbers://journal has them all\\.$`));
  expect(message.length).toBeLessThan(2_000);
});
