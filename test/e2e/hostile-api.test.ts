/** An API that gives back what it was sent, with what a terminal obeys, against the server. */
import { expect, test } from 'vitest';
import { answerJson, serve } from '../api/support.ts';
import { envFor, run } from './harness.ts';
import { connectServer } from './inside.ts';

const KEY = { projectId: 'project', keyId: 'hunter2-the-key-id', keySecret: 'hunter2-the-key-secret' };
const PAIR = Buffer.from(`${KEY.keyId}:${KEY.keySecret}`).toString('base64');
const TOKEN = 'hunter2-the-token';
const LEAKS = [
  KEY.keyId,
  KEY.keySecret,
  PAIR,
  TOKEN,
  Buffer.from(`x${KEY.keySecret}`).toString('base64'),
  '%68unter2-the-key-secret',
];
const ESCAPE = '\u001b]0;pwned\u0007\u001b[2J\u009b31m';

test.each([
  [200, 'application/json'],
  [400, 'application/json'],
  [503, 'application/json'],
  [200, `text/${KEY.keySecret}; charset=${PAIR}`],
])('%d as %s: no credential and no escape reaches the model, the log or the person', async (status, type) => {
  const api = await serve((response, { target }) => {
    if (target === '/oauth2/token') return answerJson(response, { access_token: TOKEN });
    const words = `${LEAKS.join(' ')} ${ESCAPE}`;
    const body = type.startsWith('text')
      ? words
      : JSON.stringify({
          activeNumbers: [
            { phoneNumber: '+12025550134', displayName: words, regionCode: words, [words]: words },
          ],
          nextPageToken: PAIR,
          error: {
            status: words,
            message: words,
            details: [{ fieldViolations: [{ field: words, description: words }] }],
          },
        });
    response.writeHead(status, { 'content-type': type, 'retry-after': '0' }).end(body);
  });
  const env = { ...envFor({ url: api.url, ...KEY }), SINCH_NUMBERS_LOG: 'debug' };
  const { call, stderr } = await connectServer({ env });
  const { text, structured } = await call('list_active_numbers');
  const told = text + JSON.stringify(structured) + stderr();
  for (const leak of [...LEAKS, 'hunter2']) expect(told).not.toContain(leak);
  expect(told).toContain('****');
  expect(stderr()).toContain('GET /v1/projects/project/activeNumbers');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(text + stderr()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test.each([[[`${ESCAPE}x`]], [['simulator', '--port', `1${ESCAPE}`]]])(
  'a command line with escapes is told without them: %j',
  async (args) => {
    const { exit, stderr } = run(args);
    expect(await exit).toMatchObject({ code: 1 });
    expect(stderr()).toMatch(/^sinch-numbers-mcp: .*\nTry sinch-numbers-mcp --help\n$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stderr()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  },
);

test('a malformed variable with escapes is told without them, each in a line of its own', async () => {
  const { exit, stderr } = run([], { SINCH_NUMBERS_LOG: `loud${ESCAPE}`, SINCH_NUMBERS_AUTH: '\u009b31m' });
  expect(await exit).toMatchObject({ code: 1 });
  expect(stderr().trimEnd().split('\n')).toEqual([
    'sinch-numbers-mcp: the configuration is malformed:',
    expect.stringMatching(/^ {2}SINCH_NUMBERS_AUTH must be /),
    expect.stringMatching(/^ {2}SINCH_NUMBERS_LOG must be /),
  ]);
  expect(stderr()).not.toContain('\u009b');
});
