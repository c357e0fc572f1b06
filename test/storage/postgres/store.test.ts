import { describe } from 'vitest';
import { openPostgresStore } from '../../../src/storage/postgres/store.ts';
import { recorder } from '../../callbacks/support.ts';
import { shared } from '../../support/lifetime.ts';
import { emptyDatabase, hasPostgres, openPostgres } from '../../support/postgres.ts';
import { describeStore } from '../contract.ts';
import { describeAdapter } from './adapter.ts';
import { describeImport } from './import.ts';

describe.skipIf(!hasPostgres)('with PostgreSQL (which npm brings to most platforms)', () => {
  const database = shared(async () => {
    const postgres = await openPostgres();
    return { postgres, url: await postgres.createDatabase() };
  });

  async function emptied(): Promise<string> {
    const { url } = database();
    await emptyDatabase(url);
    return url;
  }

  describeAdapter(emptied);
  describeImport(emptied);

  describeStore('PostgreSQL', async () => {
    const url = await emptied();
    return async (clock) => openPostgresStore({ url, clock, log: recorder().log, now: clock.now });
  });
});
