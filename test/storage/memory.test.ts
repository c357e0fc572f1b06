import { createMemoryPlace, createMemoryStore } from '../../src/storage/memory.ts';
import { describeStore } from './contract.ts';

describeStore('memory', async () => {
  const place = createMemoryPlace();
  return async (clock) => createMemoryStore(clock, place);
});
