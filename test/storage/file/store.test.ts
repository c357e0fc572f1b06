import { openFileStore } from '../../../src/storage/file/store.ts';
import { recorder } from '../../callbacks/support.ts';
import { temporaryFolder } from '../../support/stage.ts';
import { describeStore } from '../contract.ts';

describeStore('files', async () => {
  const folder = await temporaryFolder();
  return async (clock) => openFileStore({ folder, clock, log: recorder().log });
});
