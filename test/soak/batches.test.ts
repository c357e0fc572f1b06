/** Batches whose server is killed in the middle, and the largest batch there is. */
import { expect, test } from 'vitest';
import { connectServer, envFor } from '../e2e/harness.ts';
import { either, isLong } from '../support/length.ts';
import { AREAS, agreeing, killBatches } from './killed-batches.ts';
import { memoryOf, numberIn, simulatePlan, TIMEOUT_MS, tell } from './support.ts';

const UPDATES = either(1_000, 100);
const LATENCY_MS = 40;
const CALLBACK = 'https://example.com/callbacks';

test(
  'a batch whose server is killed at any moment is settled by the next one, which does the rest on a new yes; nothing twice',
  {
    timeout: TIMEOUT_MS,
  },
  () => killBatches(either(50, 3)),
);

test('a thousand updates take 15 seconds at most where the API is 40 ms away, and no more memory than a few', {
  timeout: TIMEOUT_MS,
}, async () => {
  const api = await simulatePlan({ active: 0 }, (request) =>
    request.endsWith('/oauth2/token') ? undefined : { delayMs: LATENCY_MS },
  );
  const areas = Math.ceil(UPDATES / 100);
  for (let line = 0; line < UPDATES; line++) {
    const phoneNumber = numberIn([...AREAS, 404][line % areas] ?? 0, Math.floor(line / areas));
    api.project.rent(phoneNumber, {});
  }
  const server = await connectServer({ env: envFor(api), person: agreeing });
  const update = async (callbackUrl: string) => {
    const startedAt = performance.now();
    const args = { select: { regionCode: 'US' }, change: { callbackUrl } };
    const { structured } = await server.call('update_active_numbers', args);
    expect(structured).toMatchObject({ outcome: 'completed', done: UPDATES });
    return (performance.now() - startedAt) / 1_000;
  };
  const seconds = [await update(CALLBACK)];
  const before = memoryOf(server.pid) ?? 0;
  for (let round = 1; round < either(4, 2); round++) seconds.push(await update(`${CALLBACK}/${round}`));
  const grown = (memoryOf(server.pid) ?? 0) - before;
  tell(`${UPDATES} updates`, {
    seconds: seconds.map((it) => it.toFixed(1)).join(' '),
    'MB in all': memoryOf(server.pid),
    'MB more after the first': grown,
  });
  if (isLong) expect(Math.min(...seconds)).toBeLessThanOrEqual(15);
  expect(grown).toBeLessThan(32);
});
