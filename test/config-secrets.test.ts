/** The access key secret from a file or a command, and how commands are written. */
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { problemsOf, secretFiles } from './support/environment.ts';

const { folder, fileOf } = secretFiles();

describe('the words of a command', () => {
  test.each([
    ['pass', ['pass']],
    ['op  read\top://vault/item', ['op', 'read', 'op://vault/item']],
    ['"/a folder/pass" show', ['/a folder/pass', 'show']],
    [`say 'it says "so"' "it's"`, ['say', 'it says "so"', "it's"]],
    ['say "" end', ['say', '', 'end']],
    ['echo $(id); id | cat > x && y `z` $HOME *', 'echo $(id); id | cat > x && y `z` $HOME *'.split(' ')],
    ['C:\\pass.exe a\\b', ['C:\\pass.exe', 'a\\b']],
  ])('%s', (value, words) => {
    expect(readConfig({ SINCH_KEY_SECRET_COMMAND: value }).keySecretCommand).toEqual(words);
    expect(readConfig({ SINCH_NUMBERS_OPEN_BROWSER: value }).openBrowser).toEqual(words);
  });

  test.each(['"pass', "pass 'show", 'pass "a" "b', '"'])('with a quote that does not close: %s', (value) => {
    const name = 'SINCH_NUMBERS_OPEN_BROWSER';
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining('with quotes that close')]);
  });
});

describe('a file with the secret', () => {
  test('may still be missing at the start, and is kept by its path', () => {
    for (const file of [join(folder, 'nowhere'), join(fileOf('x'), 'below')]) {
      expect(readConfig({ SINCH_KEY_SECRET_FILE: file }).keySecretFile).toBe(file);
    }
    expect(readConfig({ SINCH_KEY_SECRET_FILE: '~/no such file' }).keySecretFile).toBe(
      join(homedir(), 'no such file'),
    );
  });

  test.runIf(process.platform !== 'win32')('that is a pipe is refused instead of being waited for', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const [problem = ''] = problemsOf({ SINCH_KEY_SECRET_FILE: pipe });
    expect(problem).toContain('must be a file that holds an access key secret and nothing else');
  });

  test.runIf(process.platform !== 'win32').each([0o640, 0o604, 0o620, 0o602, 0o610, 0o777])(
    'is refused where others may use it: %o',
    (mode) => {
      const file = fileOf('hunter2', mode);
      const [problem = ''] = problemsOf({ SINCH_KEY_SECRET_FILE: file });
      expect(problem).toContain(`chmod 600 "${file}"`);
      expect(problem).not.toContain('hunter2');
    },
  );

  test.each([
    ['is a folder', folder],
    ['is empty', fileOf('\n')],
    ['holds more than a word', fileOf('hunter2 hunter3')],
    ['holds lines', fileOf('hunter2\nhunter3\n')],
    ['is far too large', fileOf('hunter2'.repeat(1_000))],
  ])('is refused where it %s', (_, file) => {
    const problems = problemsOf({ SINCH_KEY_SECRET_FILE: file });
    expect(problems).toEqual([expect.stringMatching(/^SINCH_KEY_SECRET_FILE must be /)]);
    expect(problems.join()).not.toContain('hunter');
  });
});

describe('of the three ways to give the secret', () => {
  const ways = {
    SINCH_KEY_SECRET: 'hunter2',
    SINCH_KEY_SECRET_FILE: fileOf('hunter3'),
    SINCH_KEY_SECRET_COMMAND: 'echo hunter4',
  };
  const { SINCH_KEY_SECRET, SINCH_KEY_SECRET_FILE, SINCH_KEY_SECRET_COMMAND } = ways;

  test.each([
    [{ SINCH_KEY_SECRET, SINCH_KEY_SECRET_FILE }],
    [{ SINCH_KEY_SECRET, SINCH_KEY_SECRET_COMMAND }],
    [{ SINCH_KEY_SECRET_FILE, SINCH_KEY_SECRET_COMMAND }],
    [ways],
  ])('only one may be used: %o', (env) => {
    expect(problemsOf(env)).toEqual([`${Object.keys(env).join(' and ')} are set: keep one of them`]);
  });

  test('an empty one does not count', () => {
    const env = { SINCH_KEY_SECRET, SINCH_KEY_SECRET_FILE: '', SINCH_KEY_SECRET_COMMAND: ' ' };
    expect(readConfig(env).credentials.keySecret).toBe('hunter2');
  });
});

describe('the URL of a database', () => {
  const URL = 'postgres://numbers:hunter2@db.example.com/numbers';
  const FILE = fileOf(URL);

  test('stands in one place, and is not shown', () => {
    const env = { SINCH_NUMBERS_DATABASE_URL: URL, SINCH_NUMBERS_DATABASE_URL_FILE: FILE };
    expect(problemsOf(env)).toEqual([`${Object.keys(env).join(' and ')} are set: keep one of them`]);
    const malformed = { SINCH_NUMBERS_DATABASE_URL: 'mysql://numbers:hunter2@db.example.com/numbers' };
    expect(problemsOf(malformed).join()).not.toContain('hunter2');
  });

  test.each([
    ['postgres://numbers@db.example.com/numbers', 'p@ss', 'postgres://numbers:p%40ss@db.example.com/numbers'],
    [URL, 'p@ss', URL],
  ])('may have its password in PGPASSWORD: %s', (url, PGPASSWORD, whole) => {
    expect(readConfig({ SINCH_NUMBERS_DATABASE_URL: url, PGPASSWORD }).databaseUrl).toBe(whole);
  });
});
