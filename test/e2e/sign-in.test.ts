/** People who sign in at a real authorization server, with the SDK's own OAuth client and the built server. */
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { describe, expect, test } from 'vitest';
import { freePort, OFFERED, OFFERED_TOO, simulate } from '../api/support.ts';
import { startIssuer } from '../support/issuer.ts';
import { shared } from '../support/lifetime.ts';
import { connectAs } from '../support/oauth-client.ts';
import { envFor, OFFERED_TOOLS } from './harness.ts';
import { runHttp } from './inside.ts';

const stage = shared(async () => {
  const [api, issuer, port] = await Promise.all([simulate({ active: 3 }), startIssuer(), freePort()]);
  const server = await runHttp(['--port', String(port)], {
    ...envFor(api),
    SINCH_NUMBERS_HTTP_PUBLIC_URL: `http://127.0.0.1:${port}`,
    SINCH_NUMBERS_HTTP_ISSUER: issuer.url,
    SINCH_NUMBERS_CONFIRM: 'token',
    SINCH_NUMBERS_LOG: 'debug',
    SINCH_NUMBERS_LOG_FORMAT: 'json',
  });
  const connect = (account: string) => connectAs(account, server.url);
  return { api, issuer, server, connect };
});

const rent = (phoneNumber: string) => ['rent_number', { phoneNumber }] as const;

describe('somebody who signs in', () => {
  test('finds the way by what the server tells, and the journal says who rented', async () => {
    const { connect, server } = stage();
    const { tools, oauth, call, text, client } = await connect('alice');
    expect(oauth.scopes).toEqual(['numbers:read numbers:write numbers:spend']);
    expect(await tools()).toHaveLength(OFFERED_TOOLS);
    const { confirmation } = await call(...rent(OFFERED));
    const rented = await call('rent_number', {
      phoneNumber: OFFERED,
      confirmationToken: confirmation?.token,
    });
    expect(rented.outcome).toBe('completed');
    const who = 'alice Example <alice@example.com>';
    expect(await text('list_activity')).toContain(`for \\"${who}\\"`);
    const { contents } = await client.readResource({ uri: 'sinch-numbers://journal' });
    const person = { subject: 'alice', name: 'alice Example', email: 'alice@example.com' };
    expect(JSON.stringify(contents)).toContain(JSON.stringify(JSON.stringify(person)).slice(1, -1));
    expect(server.stderr()).not.toContain(oauth.accessToken());
  });

  test('and allows reading alone, sees the tools that read, and allows more when that is needed', async () => {
    const { issuer, connect } = stage();
    issuer.grants = ['numbers:read'];
    const { client, transport, tools, oauth, call } = await connect('carol');
    issuer.grants = ['numbers:read', 'numbers:write', 'numbers:spend'];
    const names = await tools();
    expect(names).toContain('list_active_numbers');
    expect(names).not.toContain('rent_number');
    expect(names).not.toContain('update_active_number');
    expect(client.getInstructions()).not.toContain('rent_number');
    await expect(call(...rent(OFFERED_TOO))).rejects.toThrow(UnauthorizedError);
    expect(oauth.scopes.at(-1)).toBe('numbers:read numbers:spend');
    await transport.finishAuth(await oauth.code());
    expect((await call(...rent(OFFERED_TOO))).outcome).toBe('confirmation_required');
    expect(await tools()).toContain('rent_number');
  });

  test('goes on in another session, and nobody else does', async () => {
    const { connect } = stage();
    const [alice, again, bob] = await Promise.all(['alice', 'alice', 'bob'].map(connect));
    const { confirmation } = (await alice?.call('release_number', { phoneNumber: OFFERED })) ?? {};
    const release = { phoneNumber: OFFERED, confirmationToken: confirmation?.token };
    const refused = await bob?.call('release_number', release);
    expect(refused).toMatchObject({ outcome: 'not_executed', message: expect.stringContaining('unknown') });
    expect((await again?.call('release_number', release))?.outcome).toBe('completed');
  });

  test('has a session that nobody else can use', async () => {
    const { connect, server } = stage();
    const [alice, bob] = await Promise.all([connect('alice'), connect('bob')]);
    const ask = (token: string) =>
      fetch(server.url, {
        method: 'POST',
        headers: {
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'mcp-session-id': alice.transport.sessionId ?? '',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 99, method: 'tools/list' }),
      });
    expect((await ask(alice.oauth.accessToken())).status).toBe(200);
    expect((await ask(bob.oauth.accessToken())).status).toBe(404);
  });

  test('with a new key of the issuer is let in', async () => {
    const { connect, issuer } = stage();
    await connect('alice');
    await issuer.rotateKeys();
    expect(await (await connect('alice')).tools()).toHaveLength(OFFERED_TOOLS);
  });
});

describe('whoever runs the server', () => {
  test('is told figures without a token, in which there is no number, no name and no secret', async () => {
    const { connect, server } = stage();
    const dave = await connect('dave');
    await dave.text('list_active_numbers');
    const at = (path: string) => fetch(new URL(path, server.url));
    expect((await at('/readyz')).status).toBe(200);
    const metrics = await (await at('/metrics')).text();
    expect(metrics).toContain('sinch_numbers_tool_calls_total{tool="list_active_numbers",outcome="ok"}');
    expect(metrics).toMatch(/^sinch_numbers_api_requests_total\{status="200"\} \d+$/m);
    expect(metrics).toMatch(/^sinch_numbers_sessions [1-9]/m);
    expect(metrics).not.toMatch(/\+\d{6}|dave|alice/);
  });

  test('reads a log in which each line belongs to a request and a session', async () => {
    const { connect, server } = stage();
    const erin = await connect('erin');
    await erin.text('list_active_numbers');
    const lines = server
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const line = lines.find(({ sessionId }) => sessionId === erin.transport.sessionId);
    expect(line).toEqual({
      time: expect.any(String),
      level: expect.any(String),
      message: expect.any(String),
      requestId: expect.stringMatching(/^[\w-]{36}$/),
      sessionId: erin.transport.sessionId,
    });
  });
});
