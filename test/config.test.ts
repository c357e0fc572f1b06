import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Config, readConfig } from '../src/config.ts';
import { documentedVariables } from '../src/environment.ts';
import { LOG_LEVELS } from '../src/lib/log.ts';
import { tools } from '../src/tools/index.ts';
import { forEachCase } from './support/cases.ts';
import { problemsOf, secretFiles } from './support/environment.ts';

/** As a client's configuration holds it when the client does not know how to expand it. */
const placeholder = (name: string) => `$\{${name}}`;

const { fileOf } = secretFiles();

test('without a variable everything has its default', () => {
  expect(readConfig({})).toMatchObject({
    credentials: { projectId: undefined, keyId: undefined, keySecret: undefined },
    keySecretCommand: undefined,
    openBrowser: undefined,
    httpPublicUrl: undefined,
    httpToken: undefined,
    api: { url: 'https://numbers.api.sinch.com', authUrl: 'https://auth.sinch.com', auth: 'oauth2' },
    offer: { readOnly: false },
    confirm: 'auto',
    limits: { maxRentsPerDay: 20 },
    callbacks: { port: undefined, secret: undefined },
    stateDir: undefined,
    databaseUrl: undefined,
    log: 'warn',
    warnings: [],
  });
  const { limits, offer } = readConfig({});
  expect(limits).not.toHaveProperty('maxMonthlyPrice');
  expect(limits).not.toHaveProperty('regions');
  expect(offer).not.toHaveProperty('names');
});

interface Sample {
  /** A good value that is not the default. */
  readonly value: string;
  /** What it becomes. */
  readonly of: (config: Config) => unknown;
}

const DATABASE = 'postgres://numbers:hunter2@db.example.com:5433/numbers?sslmode=require';

const samples: Readonly<Record<string, Sample>> = {
  SINCH_PROJECT_ID: { value: 'project', of: ({ credentials }) => credentials.projectId },
  SINCH_KEY_ID: { value: 'key', of: ({ credentials }) => credentials.keyId },
  SINCH_KEY_SECRET: { value: 'secret', of: ({ credentials }) => credentials.keySecret },
  SINCH_KEY_SECRET_FILE: { value: fileOf('in-a-file\n'), of: ({ keySecretFile }) => keySecretFile },
  SINCH_KEY_SECRET_COMMAND: { value: 'pass show sinch', of: ({ keySecretCommand }) => keySecretCommand },
  SINCH_NUMBERS_AUTH: { value: 'basic', of: ({ api }) => api.auth },
  SINCH_NUMBERS_URL: { value: 'https://example.com', of: ({ api }) => api.url },
  SINCH_AUTH_URL: { value: 'https://example.com', of: ({ api }) => api.authUrl },
  SINCH_NUMBERS_READ_ONLY: { value: '1', of: ({ offer }) => offer.readOnly },
  SINCH_NUMBERS_TOOLSETS: { value: 'core,insight', of: ({ offer }) => offer.toolsets },
  SINCH_NUMBERS_TOOLS: { value: 'rent_number', of: ({ offer }) => offer.names },
  SINCH_NUMBERS_RESULTS: { value: 'text', of: ({ results }) => results },
  SINCH_NUMBERS_CONFIRM: { value: 'human', of: ({ confirm }) => confirm },
  SINCH_NUMBERS_OPEN_BROWSER: { value: 'firefox --new-tab', of: ({ openBrowser }) => openBrowser },
  SINCH_NUMBERS_MAX_MONTHLY_PRICE: { value: '5.00 EUR', of: ({ limits }) => limits.maxMonthlyPrice },
  SINCH_NUMBERS_MAX_SETUP_PRICE: { value: '9.00', of: ({ limits }) => limits.maxSetupPrice },
  SINCH_NUMBERS_CONFIRM_UPDATES: { value: 'off', of: ({ confirmUpdates }) => confirmUpdates },
  SINCH_NUMBERS_MAX_RENTS_PER_DAY: { value: '5', of: ({ limits }) => limits.maxRentsPerDay },
  SINCH_NUMBERS_REGIONS: { value: 'US,GB', of: ({ limits }) => limits.regions },
  SINCH_NUMBERS_STATE_DIR: { value: '/var/lib/numbers', of: ({ stateDir }) => stateDir },
  SINCH_NUMBERS_DATABASE_URL: { value: DATABASE, of: ({ databaseUrl }) => databaseUrl },
  SINCH_NUMBERS_DATABASE_URL_FILE: {
    value: fileOf(`${DATABASE}\n`),
    of: ({ databaseUrl }) => databaseUrl,
  },
  SINCH_NUMBERS_ATTACHMENTS_DIR: { value: '/srv/files', of: ({ attachmentsDir }) => attachmentsDir },
  SINCH_NUMBERS_CALLBACK_PORT: { value: '8080', of: ({ callbacks }) => callbacks.port },
  SINCH_NUMBERS_CALLBACK_SECRET: { value: 'secret', of: ({ callbacks }) => callbacks.secret },
  SINCH_NUMBERS_HTTP_PUBLIC_URL: {
    value: 'https://numbers.example.com',
    of: ({ httpPublicUrl }) => httpPublicUrl,
  },
  SINCH_NUMBERS_HTTP_TOKEN: { value: 'sixteen-or-more.~+/=', of: ({ httpToken }) => httpToken },
  SINCH_NUMBERS_HTTP_ISSUER: { value: 'https://login.example.com', of: ({ httpIssuer }) => httpIssuer },
  SINCH_NUMBERS_HTTP_AUDIENCE: { value: 'api://numbers', of: ({ httpAudience }) => httpAudience },
  HTTPS_PROXY: { value: 'http://proxy.example.com:3128', of: ({ network }) => network.proxy.httpsProxy },
  HTTP_PROXY: { value: 'http://proxy.example.com:3128', of: ({ network }) => network.proxy.httpProxy },
  NO_PROXY: { value: 'localhost', of: ({ network }) => network.proxy.noProxy },
  NODE_EXTRA_CA_CERTS: { value: '/etc/ca.pem', of: ({ network }) => network.extraCaCerts },
  SINCH_NUMBERS_LOG_FORMAT: { value: 'json', of: ({ logFormat }) => logFormat },
  SINCH_NUMBERS_LOG: { value: 'debug', of: ({ log }) => log },
};

const setting = ([name, value]: readonly [string, string, ...unknown[]]) => `${name}=${value}`;

/** Checks this for every variable. */
function forEachSample(check: (name: string, sample: Sample) => void): Promise<void> {
  return forEachCase(
    Object.entries(samples),
    ([name]) => name,
    ([name, sample]) => check(name, sample),
  );
}

test('these tests read every documented variable', () => {
  expect(Object.keys(samples).sort()).toEqual(documentedVariables.map(({ name }) => name).sort());
});

describe('a good value', () => {
  const GOOD: readonly [string, string, unknown][] = [
    ['SINCH_PROJECT_ID', '37b62a7b-0177-abcd-efgh-e10f848de123', '37b62a7b-0177-abcd-efgh-e10f848de123'],
    ['SINCH_KEY_ID', 'my-key', 'my-key'],
    ['SINCH_KEY_SECRET', 'a~B.c_1:2/3+4=$x', 'a~B.c_1:2/3+4=$x'],
    ['SINCH_NUMBERS_AUTH', 'oauth2', 'oauth2'],
    ['SINCH_NUMBERS_AUTH', 'basic', 'basic'],
    ['SINCH_NUMBERS_URL', 'https://numbers.example.com', 'https://numbers.example.com'],
    ['SINCH_NUMBERS_URL', 'https://numbers.example.com/', 'https://numbers.example.com'],
    ['SINCH_NUMBERS_URL', 'https://numbers.example.com:8443', 'https://numbers.example.com:8443'],
    ['SINCH_NUMBERS_URL', 'HTTPS://Numbers.Example.com', 'https://numbers.example.com'],
    ['SINCH_NUMBERS_URL', 'http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
    ['SINCH_NUMBERS_URL', 'http://127.8.9.1:4010', 'http://127.8.9.1:4010'],
    ['SINCH_NUMBERS_URL', 'http://localhost:4010/', 'http://localhost:4010'],
    ['SINCH_NUMBERS_URL', 'http://[::1]:4010', 'http://[::1]:4010'],
    ['SINCH_AUTH_URL', 'https://auth.example.com', 'https://auth.example.com'],
    ['SINCH_AUTH_URL', 'http://localhost:4010', 'http://localhost:4010'],
    ['SINCH_NUMBERS_READ_ONLY', '1', true],
    ['SINCH_NUMBERS_READ_ONLY', 'true', true],
    ['SINCH_NUMBERS_READ_ONLY', '0', false],
    ['SINCH_NUMBERS_READ_ONLY', 'false', false],
    ['SINCH_NUMBERS_TOOLSETS', 'core', ['core']],
    ['SINCH_NUMBERS_TOOLSETS', 'insight, emergency', ['insight', 'emergency']],
    ['SINCH_NUMBERS_TOOLSETS', 'all', ['core', 'insight', 'bulk', 'orders', 'emergency']],
    ['SINCH_NUMBERS_TOOLS', 'rent_number', ['rent_number']],
    ['SINCH_NUMBERS_TOOLS', 'rent_number, get_active_number', ['rent_number', 'get_active_number']],
    ['SINCH_NUMBERS_CONFIRM', 'auto', 'auto'],
    ['SINCH_NUMBERS_CONFIRM', 'human', 'human'],
    ['SINCH_NUMBERS_CONFIRM', 'token', 'token'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '5.00', { amount: '5.00' }],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '0', { amount: '0' }],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '5.00 EUR', { amount: '5.00', currencyCode: 'EUR' }],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '12  USD', { amount: '12', currencyCode: 'USD' }],
    ['SINCH_NUMBERS_MAX_RENTS_PER_DAY', '5', 5],
    ['SINCH_NUMBERS_MAX_RENTS_PER_DAY', '0', 0],
    ['SINCH_NUMBERS_REGIONS', 'US', ['US']],
    ['SINCH_NUMBERS_REGIONS', 'us, Se', ['US', 'SE']],
    ['SINCH_NUMBERS_REGIONS', 'UK,us', ['GB', 'US']],
    ['SINCH_NUMBERS_STATE_DIR', resolve('/var/lib/numbers'), resolve('/var/lib/numbers')],
    ['SINCH_NUMBERS_STATE_DIR', resolve('/var/lib/../numbers/'), resolve('/var/numbers')],
    ['SINCH_NUMBERS_STATE_DIR', 'state/numbers', resolve('state/numbers')],
    ['SINCH_NUMBERS_STATE_DIR', '.', process.cwd()],
    ['SINCH_NUMBERS_STATE_DIR', '~', homedir()],
    ['SINCH_NUMBERS_STATE_DIR', '~/state/numbers', join(homedir(), 'state/numbers')],
    ['SINCH_NUMBERS_STATE_DIR', '~state', resolve('~state')],
    ['SINCH_NUMBERS_STATE_DIR', 'state/~', resolve('state/~')],
    ['SINCH_NUMBERS_DATABASE_URL', 'postgresql://db/numbers', 'postgresql://db/numbers'],
    ['SINCH_NUMBERS_DATABASE_URL', 'postgres:///numbers?host=/tmp', 'postgres:///numbers?host=/tmp'],
    ['SINCH_NUMBERS_ATTACHMENTS_DIR', '~/numbers', join(homedir(), 'numbers')],
    ['SINCH_NUMBERS_CALLBACK_PORT', '0', 0],
    ['SINCH_NUMBERS_CALLBACK_PORT', '8080', 8080],
    ['SINCH_NUMBERS_CALLBACK_PORT', '65535', 65535],
    ['SINCH_NUMBERS_CALLBACK_SECRET', 'a secret: any text', 'a secret: any text'],
    ['SINCH_NUMBERS_HTTP_PUBLIC_URL', 'https://Numbers.example.com/', 'https://numbers.example.com'],
    ['SINCH_NUMBERS_HTTP_PUBLIC_URL', 'http://numbers.internal:8080', 'http://numbers.internal:8080'],
    ['SINCH_NUMBERS_HTTP_TOKEN', 'sixteen.letters-', 'sixteen.letters-'],
    [
      'SINCH_NUMBERS_HTTP_ISSUER',
      'https://login.example.com/realms/us',
      'https://login.example.com/realms/us',
    ],
    ['SINCH_NUMBERS_HTTP_ISSUER', 'https://tenant.example.com/', 'https://tenant.example.com/'],
    ['SINCH_NUMBERS_HTTP_ISSUER', 'http://127.0.0.1:9000', 'http://127.0.0.1:9000'],
    ['HTTPS_PROXY', 'http://me:p%40ss@proxy.example.com:3128/', 'http://me:p%40ss@proxy.example.com:3128/'],
    ['HTTPS_PROXY', 'https://proxy.example.com', 'https://proxy.example.com'],
    ['HTTP_PROXY', 'proxy.example.com:3128', 'http://proxy.example.com:3128'],
    ['NO_PROXY', 'localhost,.example.com', 'localhost,.example.com'],
    ...LOG_LEVELS.map((level): [string, string, string] => ['SINCH_NUMBERS_LOG', level, level]),
    ...tools.map(({ name }): [string, string, string[]] => ['SINCH_NUMBERS_TOOLS', name, [name]]),
  ];

  test('is read', () =>
    forEachCase(GOOD, setting, ([name, value, expected]) => {
      expect(samples[name]?.of(readConfig({ [name]: value }))).toEqual(expected);
    }));

  test('is no other with spaces around it', () =>
    forEachSample((name, { value, of }) => {
      const plain = of(readConfig({ [name]: value }));
      expect(of(readConfig({ [name]: `  ${value}\t\n` }))).toEqual(plain);
      expect(plain).not.toEqual(of(readConfig({})));
    }));

  test('is not set where it is empty', () =>
    forEachSample((name, { of }) => {
      const unset = of(readConfig({}));
      expect(of(readConfig({ [name]: '' }))).toEqual(unset);
      expect(of(readConfig({ [name]: '  ' }))).toEqual(unset);
    }));

  test('has an effect, so that nothing is warned of', () =>
    forEachSample((name, { value }) => {
      expect(readConfig({ [name]: value }).warnings).toEqual([]);
    }));
});

describe('a bad value', () => {
  const BAD: readonly [string, string][] = [
    ['SINCH_PROJECT_ID', '../../other'],
    ['SINCH_PROJECT_ID', 'two words'],
    ['SINCH_PROJECT_ID', 'a/b'],
    ['SINCH_PROJECT_ID', 'a?b'],
    ['SINCH_KEY_ID', 'two words'],
    ['SINCH_KEY_ID', 'id:secret'],
    ['SINCH_KEY_SECRET', 'two words'],
    ['SINCH_KEY_SECRET', 'two\nlines'],
    ['SINCH_NUMBERS_AUTH', 'OAuth2'],
    ['SINCH_NUMBERS_AUTH', 'bearer'],
    ['SINCH_NUMBERS_URL', 'numbers.api.sinch.com'],
    ['SINCH_NUMBERS_URL', 'https://'],
    ['SINCH_NUMBERS_URL', 'https://numbers.api.sinch.com/v1'],
    ['SINCH_NUMBERS_URL', 'https://numbers.api.sinch.com?a=b'],
    ['SINCH_NUMBERS_URL', 'https://numbers.api.sinch.com/#a'],
    ['SINCH_NUMBERS_URL', 'https://me@numbers.api.sinch.com'],
    ['SINCH_NUMBERS_URL', 'http://numbers.api.sinch.com'],
    ['SINCH_NUMBERS_URL', 'http://localhost.example.com'],
    ['SINCH_NUMBERS_URL', 'http://127.0.0.1.example.com'],
    ['SINCH_NUMBERS_URL', 'http://10.0.0.1'],
    ['SINCH_NUMBERS_URL', 'http://0.0.0.0:4010'],
    ['SINCH_NUMBERS_URL', 'ftp://127.0.0.1'],
    ['SINCH_NUMBERS_URL', 'file:///etc/passwd'],
    ['SINCH_AUTH_URL', 'http://auth.sinch.com'],
    ['SINCH_AUTH_URL', 'https://auth.sinch.com/oauth2/token'],
    ['SINCH_NUMBERS_READ_ONLY', 'yes'],
    ['SINCH_NUMBERS_READ_ONLY', '2'],
    ['SINCH_NUMBERS_TOOLSETS', 'Core'],
    ['SINCH_NUMBERS_TOOLSETS', 'core,sms'],
    ['SINCH_NUMBERS_TOOLSETS', 'core,'],
    ['SINCH_NUMBERS_TOOLS', 'rent_numbr'],
    ['SINCH_NUMBERS_TOOLS', 'rent_number,buy_number'],
    ['SINCH_NUMBERS_TOOLS', ','],
    ['SINCH_NUMBERS_DATABASE_URL', 'db.example.com/numbers'],
    ['SINCH_NUMBERS_DATABASE_URL', 'mysql://db.example.com/numbers'],
    ['SINCH_NUMBERS_DATABASE_URL', 'postgres:///numbers'],
    ['SINCH_NUMBERS_DATABASE_URL', 'postgres://db.example.com'],
    ['SINCH_NUMBERS_DATABASE_URL_FILE', '/no/such/file'],
    ['SINCH_NUMBERS_CONFIRM', 'never'],
    ['SINCH_NUMBERS_CONFIRM', 'Auto'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', 'five'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '-1'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '5,00'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '5.'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '1e3'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '5.00 eur'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '€5'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', 'EUR 5'],
    ['SINCH_NUMBERS_MAX_MONTHLY_PRICE', '5 EUR USD'],
    ['SINCH_NUMBERS_MAX_RENTS_PER_DAY', '-1'],
    ['SINCH_NUMBERS_MAX_RENTS_PER_DAY', '1.5'],
    ['SINCH_NUMBERS_MAX_RENTS_PER_DAY', 'many'],
    ['SINCH_NUMBERS_MAX_RENTS_PER_DAY', '9999999'],
    ['SINCH_NUMBERS_REGIONS', 'USA'],
    ['SINCH_NUMBERS_REGIONS', 'US,,GB'],
    ['SINCH_NUMBERS_REGIONS', 'US;GB'],
    ['SINCH_NUMBERS_REGIONS', '49'],
    ['SINCH_NUMBERS_HTTP_PUBLIC_URL', 'numbers.example.com'],
    ['SINCH_NUMBERS_HTTP_PUBLIC_URL', 'https://numbers.example.com/mcp'],
    ['SINCH_NUMBERS_HTTP_PUBLIC_URL', 'https://me@numbers.example.com'],
    ['SINCH_NUMBERS_HTTP_PUBLIC_URL', 'ftp://numbers.example.com'],
    ['SINCH_NUMBERS_HTTP_TOKEN', 'fifteen-letters'],
    ['SINCH_NUMBERS_HTTP_ISSUER', 'login.example.com'],
    ['SINCH_NUMBERS_HTTP_ISSUER', 'http://login.example.com'],
    ['SINCH_NUMBERS_HTTP_ISSUER', 'https://login.example.com?tenant=1'],
    ['SINCH_NUMBERS_HTTP_AUDIENCE', 'two words'],
    ['SINCH_NUMBERS_HTTP_TOKEN', 'more than one word'],
    ['SINCH_NUMBERS_HTTP_TOKEN', 'fünfzehn-und-mehr'],
    ['HTTPS_PROXY', 'socks5://127.0.0.1:1080'],
    ['HTTPS_PROXY', 'http://'],
    ['HTTPS_PROXY', 'http://proxy.example.com/path'],
    ['HTTP_PROXY', 'http://me:100%@proxy.example.com'],
    ['SINCH_NUMBERS_LOG', 'verbose'],
    ['SINCH_NUMBERS_LOG', 'DEBUG'],
    ['SINCH_NUMBERS_CALLBACK_PORT', '65536'],
    ['SINCH_NUMBERS_CALLBACK_PORT', '100000'],
    ['SINCH_NUMBERS_CALLBACK_PORT', '-1'],
    ['SINCH_NUMBERS_CALLBACK_PORT', '80.5'],
    ['SINCH_NUMBERS_CALLBACK_PORT', '0x50'],
    ['SINCH_NUMBERS_CALLBACK_PORT', '127.0.0.1:8080'],
    ['SINCH_NUMBERS_CALLBACK_PORT', 'http'],
  ];

  test('is refused by the name of its variable', () =>
    forEachCase(BAD, setting, ([name, value]) => {
      const refusal = expect.stringMatching(new RegExp(`^${name} must be .+`));
      expect(problemsOf({ [name]: value })).toEqual([refusal]);
    }));

  test('is shown, so that it can be found', () => {
    expect(problemsOf({ SINCH_NUMBERS_LOG: 'verbose' })).toEqual([
      'SINCH_NUMBERS_LOG must be one of error, warn, info, debug, not "verbose"',
    ]);
  });
});

describe('a placeholder that was not expanded', () => {
  test('is refused in every variable, whatever its form allows', () =>
    forEachSample((name) => {
      expect(problemsOf({ [name]: placeholder(name) })).toEqual([
        expect.stringContaining(`${name} holds ${placeholder(name)} literally`),
      ]);
    }));

  test.each(['env:SINCH_KEY_SECRET', 'input:secret', 'SINCH_KEY_SECRET:-none', ''])(
    'is known as %s between the braces too',
    (name) => {
      expect(problemsOf({ SINCH_KEY_SECRET: placeholder(name) })).toEqual([
        expect.stringContaining('did not expand it'),
      ]);
    },
  );

  test('is found inside a longer value', () => {
    const url = `https://${placeholder('HOST')}/`;
    expect(problemsOf({ SINCH_NUMBERS_URL: url })).toEqual([
      expect.stringContaining(`SINCH_NUMBERS_URL holds ${placeholder('HOST')} literally`),
    ]);
  });
});

describe('a placeholder of an example', () => {
  test.each([
    ['SINCH_PROJECT_ID', 'YOUR_PROJECT_ID'],
    ['SINCH_KEY_ID', 'YOUR_KEY_ID'],
    ['SINCH_KEY_SECRET', 'YOUR_KEY_SECRET'],
    ['SINCH_KEY_SECRET_FILE', '/path/to/key-secret'],
    ['SINCH_PROJECT_ID', '…'],
    ['SINCH_KEY_ID', '…'],
  ])('that was left in %s is named: %s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([
      `${name} holds ${value} literally: it comes from an example. Put your own value in its place.`,
    ]);
  });

  test('is one only as a whole', () => {
    expect(problemsOf({ SINCH_PROJECT_ID: 'YOUR_PROJECT_ID-2', SINCH_KEY_ID: 'your_key_id' })).toEqual([]);
  });
});

test('the lower-case names of the proxies count before the others, as everywhere', () => {
  const env = {
    https_proxy: 'http://a:1',
    HTTPS_PROXY: 'http://b:2',
    no_proxy: 'c',
    HTTP_PROXY: 'http://d:3',
  };
  expect(readConfig(env).network.proxy).toEqual({
    httpsProxy: 'http://a:1',
    httpProxy: 'http://d:3',
    noProxy: 'c',
  });
});

describe('a placeholder that a bundle host left encrypted', () => {
  test('is refused in every variable, and not shown', () =>
    forEachSample((name) => {
      const problems = problemsOf({ [name]: '__encrypted__:hunter2' });
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} holds .*did not decrypt it`))]);
      expect(problems.join()).not.toContain('hunter2');
    }));

  test('is one only at the start', () => {
    expect(readConfig({ SINCH_KEY_SECRET: 'x__encrypted__:y' }).credentials.keySecret).toBe(
      'x__encrypted__:y',
    );
  });
});

test('everything that is wrong is told at once, each in a line of its own', () => {
  const problems = problemsOf({
    SINCH_PROJECT_ID: 'two words',
    SINCH_KEY_ID: 'my-key',
    SINCH_KEY_SECRET: placeholder('SECRET'),
    SINCH_NUMBERS_AUTH: 'x',
    SINCH_NUMBERS_URL: 'x',
    SINCH_AUTH_URL: 'x',
    SINCH_NUMBERS_READ_ONLY: 'x',
    SINCH_NUMBERS_TOOLS: 'x',
    SINCH_NUMBERS_CONFIRM: 'x',
    SINCH_NUMBERS_MAX_MONTHLY_PRICE: 'x',
    SINCH_NUMBERS_MAX_RENTS_PER_DAY: 'x',
    SINCH_NUMBERS_REGIONS: 'x',
    SINCH_NUMBERS_LOG: 'x',
    SINCH_NUMBERS_CALLBACK_PORT: 'x',
  });
  expect(problems).toHaveLength(13);
  expect(new Set(problems.map((problem) => problem.split(' ')[0])).size).toBe(13);
  for (const problem of problems) expect(problem).not.toContain('\n');
});

test('a secret that is malformed is not shown', () => {
  const secret = 'hunter2 with a space';
  const problems = problemsOf({ SINCH_KEY_SECRET: secret });
  expect(problems).toEqual([expect.stringMatching(/^SINCH_KEY_SECRET must be /)]);
  expect(problems.join()).not.toContain('hunter2');
});

test('a good secret is not shown beside another variable that is malformed', () => {
  const problems = problemsOf({
    SINCH_KEY_SECRET: 'hunter2',
    SINCH_NUMBERS_CALLBACK_SECRET: 'hunter2-too',
    SINCH_NUMBERS_LOG: 'loud',
  });
  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toContain('hunter2');
});

describe('the folder for what is kept', () => {
  function stubEnv(name: string, value: string | undefined): void {
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    vi.stubEnv(name, value);
  }

  /** What each platform calls its state folder, and the variable that moves it where there is one. */
  function platformFolder(): { moved?: { by: string; into: string }; usual: string } {
    switch (process.platform) {
      case 'darwin':
        return { usual: join(homedir(), 'Library/Application Support/sinch-numbers-mcp') };
      case 'win32':
        return {
          moved: { by: 'LOCALAPPDATA', into: join('sinch-numbers-mcp', 'Data') },
          usual: join(homedir(), 'AppData', 'Local', 'sinch-numbers-mcp', 'Data'),
        };
      default:
        return {
          moved: { by: 'XDG_STATE_HOME', into: 'sinch-numbers-mcp' },
          usual: join(homedir(), '.local/state/sinch-numbers-mcp'),
        };
    }
  }

  test("is the platform's state folder unless one is set", () => {
    const { moved, usual } = platformFolder();
    if (moved) stubEnv(moved.by, undefined);
    expect(readConfig({})).toMatchObject({ stateDir: undefined, defaultStateDir: usual });
  });

  test('follows the variable by which the platform moves it', () => {
    const { moved, usual } = platformFolder();
    const elsewhere = resolve('/srv/state');
    if (moved) stubEnv(moved.by, elsewhere);
    expect(readConfig({}).defaultStateDir).toBe(moved ? join(elsewhere, moved.into) : usual);
  });
});

test('other variables are none of its business', () => {
  expect(problemsOf({ PATH: placeholder('PATH'), SINCH_REGION: 'us' })).toEqual([]);
});

test('a configuration cannot be changed', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});

test.each([
  { SINCH_KEY_ID: 'key-id:hunter2' },
  { SINCH_NUMBERS_URL: 'https://me:hunter2@example.com' },
  { SINCH_KEY_SECRET: `hunter2 ${placeholder('X')}` },
  { SINCH_NUMBERS_CALLBACK_SECRET: `hunter2 ${placeholder('X')}` },
  { SINCH_NUMBERS_HTTP_TOKEN: 'hunter2' },
  { HTTPS_PROXY: 'http://me:hunter2@proxy.example.com/path' },
  { SINCH_NUMBERS_HTTP_TOKEN: `hunter2 ${placeholder('X')}` },
])('a secret that was pasted into the wrong place is not shown: %o', (env) => {
  expect(problemsOf(env)).toEqual([expect.not.stringContaining('hunter2')]);
});

test('a variable that is misspelt is told, and stops nothing', () => {
  const { warnings } = readConfig({ SINCH_NUMBERS_READONLY: '1' });
  expect(warnings).toEqual(['SINCH_NUMBERS_READONLY is set and is no variable of this server']);
});

describe('sign-in', () => {
  const SINCH_NUMBERS_HTTP_ISSUER = 'https://login.example.com';

  test('takes the place of the shared token', () => {
    const SINCH_NUMBERS_HTTP_TOKEN = 'sixteen.letters-';
    expect(problemsOf({ SINCH_NUMBERS_HTTP_ISSUER, SINCH_NUMBERS_HTTP_TOKEN })).toEqual([
      'SINCH_NUMBERS_HTTP_TOKEN and SINCH_NUMBERS_HTTP_ISSUER are set: keep one of them',
    ]);
  });

  test('wants a public URL that nobody on the way can read', () => {
    const publicUrl = (url: string) => ({ SINCH_NUMBERS_HTTP_ISSUER, SINCH_NUMBERS_HTTP_PUBLIC_URL: url });
    expect(problemsOf(publicUrl('http://numbers.internal'))).toEqual([
      'SINCH_NUMBERS_HTTP_PUBLIC_URL must be https where SINCH_NUMBERS_HTTP_ISSUER is set (http only to loopback)',
    ]);
    expect(problemsOf(publicUrl('http://127.0.0.1:8080'))).toEqual([]);
  });
});
