/** Servers in containers that share a state folder: in each, the server is process 1. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { type Env, gatedResult, handshake, type Process, run, toolCall } from './harness.ts';
import { openHeldWorld } from './held-api.ts';

/** What gives a command a PID namespace of its own; the second way needs no rights. */
const WAYS = [[], ['--user', '--map-root-user']].map((rights) => [
  ...['unshare', ...rights, '--pid', '--fork', '--mount-proc', '--kill-child'],
]);

/** The way that this kernel allows, if any. */
const CONTAINER = WAYS.find(([command = '', ...args]) => {
  const { stdout } = spawnSync(command, [...args, 'sh', '-c', 'echo $$'], { encoding: 'utf8' });
  return stdout?.trim() === '1';
});

/** A server in a container, with a client. */
function runContained(env: Env): Process {
  const server = run([], env, CONTAINER);
  server.send(...handshake());
  return server;
}

const why = CONTAINER ? '' : ' (left out: this kernel gives no PID namespaces)';

test.skipIf(CONTAINER === undefined)(
  `a rent that one has in flight is not settled by another that starts, and counts for both${why}`,
  async () => {
    const world = await openHeldWorld();
    const env = { ...world.env, SINCH_NUMBERS_CONFIRM: 'token', SINCH_NUMBERS_MAX_RENTS_PER_DAY: '1' };
    const first = runContained(env);
    first.send(toolCall('ask', 'rent_number', { phoneNumber: OFFERED }));
    const { confirmation } = gatedResult(await first.answer('ask'));
    const confirmationToken = confirmation?.token;
    first.send(toolCall('spend', 'rent_number', { phoneNumber: OFFERED, confirmationToken }));
    await world.arrived;

    const second = runContained(env);
    second.send(toolCall('rent', 'rent_number', { phoneNumber: OFFERED_TOO }));
    expect(gatedResult(await second.answer('rent'))).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('SINCH_NUMBERS_MAX_RENTS_PER_DAY allows 1 rents'),
    });
    expect(world.journal()).toEqual(['rent_number open']);

    world.release();
    expect(gatedResult(await first.answer('spend'))).toMatchObject({ outcome: 'completed' });
    expect(world.journal()).toEqual([`rent_number completed ${OFFERED}`]);
    expect(world.posts()).toEqual([`POST /availableNumbers/${OFFERED}:rent`]);
  },
);
