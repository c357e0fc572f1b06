import { execFile } from 'node:child_process';
import type { Endpoint } from '../api/auth.ts';
import { MissingCredentialsError, SecretError } from '../api/errors.ts';
import { readSecretFile } from '../lib/secret-file.ts';

export interface Credentials<T> {
  readonly projectId: T;
  readonly keyId: T;
  readonly keySecret: T;
}

export interface CredentialOptions {
  readonly credentials: Credentials<string | undefined>;
  /** The path of a file that holds the secret. */
  readonly keySecretFile: string | undefined;
  /** A program and its arguments, which prints the secret. */
  readonly keySecretCommand: readonly string[] | undefined;
  /** The variables that set them. */
  readonly credentialVariables: Credentials<string> & {
    readonly keySecretFile: string;
    readonly keySecretCommand: string;
  };
  readonly api: Pick<Endpoint, 'url' | 'authUrl' | 'auth'>;
}

/** A password manager may ask its user first, but a call has 25 s in all. Milliseconds. */
const COMMAND_TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;
/** Node's code for more output than that. */
const TOO_MUCH = 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';

/**
 * The API as it is configured. A file with the secret is read, or a command for it run, at the first
 * need, and again after that failed: the file may come after the start.
 * @returns a function that throws {@link MissingCredentialsError} and {@link SecretError}
 */
export function createEndpoint(options: CredentialOptions): () => Promise<Endpoint> {
  const { api, credentials, keySecretFile, keySecretCommand, credentialVariables: variables } = options;
  let inFile: string | undefined;
  let printed: Promise<string> | undefined;

  async function secret(): Promise<string | undefined> {
    if (keySecretFile !== undefined) {
      inFile ??= secretInFile(keySecretFile, variables.keySecretFile);
      return inFile;
    }
    if (keySecretCommand === undefined) return undefined;
    printed ??= runCommand(keySecretCommand, variables.keySecretCommand).catch((error: unknown) => {
      printed = undefined;
      throw error;
    });
    return printed;
  }

  return async () => {
    const { projectId, keyId } = credentials;
    const keySecret = credentials.keySecret ?? keySecretFile ?? keySecretCommand;
    if (projectId === undefined || keyId === undefined || keySecret === undefined) {
      const keys = ['projectId', 'keyId', 'keySecret'] as const;
      const given = { projectId, keyId, keySecret };
      throw new MissingCredentialsError(
        keys.filter((key) => given[key] === undefined).map((key) => variables[key]),
      );
    }
    return { ...api, projectId, keyId, keySecret: (await secret()) ?? credentials.keySecret ?? '' };
  };
}

function secretInFile(file: string, variable: string): string {
  let secret: string | undefined;
  try {
    secret = readSecretFile(file);
  } catch (error) {
    throw new SecretError(`${variable} must be ${error instanceof Error ? error.message : error}`, 'file');
  }
  if (secret === undefined)
    throw new SecretError(`${variable} names a file that is not there: ${file}`, 'file');
  return secret;
}

/**
 * Runs a program without a shell. What it printed is the secret, or part of one: no error tells it.
 * @param variable names the command in errors
 * @param timeout how long it may take, in milliseconds
 * @throws {SecretError}
 */
export function runCommand(
  [file = '', ...args]: readonly string[],
  variable: string,
  timeout = COMMAND_TIMEOUT_MS,
): Promise<string> {
  const failure = (reason: string) => new SecretError(`the command of ${variable} ${reason}`, 'command');
  return new Promise((resolve, reject) => {
    try {
      const child = execFile(
        file,
        args,
        {
          timeout,
          killSignal: 'SIGKILL',
          maxBuffer: MAX_OUTPUT_BYTES,
          windowsHide: true,
        },
        (error, stdout) => {
          const output = stdout.trim();
          if (error?.code === TOO_MUCH || (!error && !/^\S+$/.test(output))) {
            reject(failure('did not print a secret and nothing else'));
          } else if (error?.killed) reject(failure(`did not end within ${timeout / 1000} s`));
          else if (typeof error?.code === 'string') reject(failure(`cannot be run (${error.code})`));
          else if (error) reject(failure(`ended with ${error.code ?? error.signal}`));
          else resolve(output);
        },
      );
      child.stdin?.on('error', () => {});
      child.stdin?.end();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : error;
      reject(failure(`cannot be run (${String(code)})`));
    }
  });
}
