/** What a database does that is no database to work with. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/storage/postgres/database.ts';
import { sql } from '../../../src/storage/postgres/sql.ts';
import { StoreError } from '../../../src/storage/store.ts';
import { recorder } from '../../callbacks/support.ts';

/** A message of PostgreSQL's: its type, its length, and what it holds. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const SIGNED_IN = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const SHUTTING_DOWN = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0'));

test('one that ends a connection in the same breath as it begins is away, and the server lives on', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([SIGNED_IN, READY, SHUTTING_DOWN])));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const database = openDatabase({ url: `postgres://any@127.0.0.1:${port}/any`, log: recorder().log });
  onTestFinished(() => database.close());
  await expect(database.run(sql`select 1`)).rejects.toThrow(StoreError);
});
