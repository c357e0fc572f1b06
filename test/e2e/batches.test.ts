import { test } from 'vitest';
import { killBatches } from '../soak/killed-batches.ts';

test(
  'a batch whose server is killed in the middle is settled by the next one, which does the rest on a new yes; nothing twice',
  {
    timeout: 60_000,
  },
  () => killBatches(3),
);
