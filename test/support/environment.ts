/** What tests of the configuration share. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ConfigError, type Environment, readConfig } from '../../src/config.ts';
import type { ProjectKey } from '../../src/simulator/auth.ts';

/** The variables that point at an API, with its key. */
export function keyOf({ url, projectId, keyId, keySecret }: ProjectKey & { readonly url: string }) {
  return {
    SINCH_NUMBERS_URL: url,
    SINCH_AUTH_URL: url,
    SINCH_PROJECT_ID: projectId,
    SINCH_KEY_ID: keyId,
    SINCH_KEY_SECRET: keySecret,
  };
}

/** What is wrong with an environment, one text a problem. */
export function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** A folder of files, deleted when the tests of a file are over. */
export function secretFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'sinch-numbers-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  return {
    folder,
    /** A new file that holds this text. */
    fileOf(text: string, mode = 0o600): string {
      const file = join(folder, `secret-${++files}`);
      writeFileSync(file, text);
      chmodSync(file, mode);
      return file;
    },
  };
}
