import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createAuthorizer, type Endpoint } from '../../api/auth.ts';
import { startDeadline } from '../../api/deadline.ts';
import { isNumbersError } from '../../api/errors.ts';
import { describeFailure } from '../../api/failure.ts';
import { createHttp, type Http, type HttpResponse } from '../../api/http.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { Operation } from '../../api/operations/operation.ts';
import { buildRequest } from '../../api/request.ts';
import { apiError, readAnswer } from '../../api/response.ts';
import { browserProblem } from '../../approval/channels/browser.ts';
import { systemClock } from '../../lib/clock.ts';
import { listen } from '../../lib/listen.ts';
import { createLogger } from '../../lib/log.ts';
import { isOpenToOthers } from '../../lib/permissions.ts';
import type { ServerOptions } from '../app.ts';
import { createEndpoint } from '../credentials.ts';

/** `warn`: it works, and yet. `skip`: there is nothing to check. */
export type Status = 'ok' | 'warn' | 'fail' | 'skip';

export interface Check {
  readonly name: string;
  readonly status: Status;
  readonly message: string;
  /** What to do about it. */
  readonly mend?: string;
}

type Settings = Omit<ServerOptions, 'product' | 'simulator'>;

/** What is checked. */
export interface Checked {
  readonly product: ServerOptions['product'];
  /** The oldest Node.js that will do, e.g. `20.18.1`. */
  readonly oldestNode: string;
  /** Undefined where it is malformed. */
  readonly config: Settings | undefined;
  /** What is malformed of it. */
  readonly problems: readonly string[];
}

/** Time for one request, in milliseconds. */
const REQUEST_BUDGET_MS = 15_000;
/** A clock that is further off than this makes tokens and dates go wrong, in milliseconds. */
const MAX_SKEW_MS = 60_000;

/** The checks, one after the other; what cannot be checked without an earlier one is left out. */
export async function* createChecks(checked: Checked): AsyncGenerator<Check> {
  const { config, problems } = checked;
  yield checkNode(checked.oldestNode);
  if (config === undefined) {
    for (const problem of problems) yield { name: 'configuration', status: 'fail', message: problem };
    return;
  }
  for (const warning of config.warnings) {
    yield { name: 'configuration', status: 'warn', message: `${warning}.`, mend: 'Is it misspelt?' };
  }
  if (config.warnings.length === 0) yield { name: 'configuration', status: 'ok', message: 'well-formed' };
  yield* checkApi(checked, config);
  yield await checkState(config.stateDir ?? config.defaultStateDir);
  yield await checkConfirmation(config);
}

function checkNode(oldest: string): Check {
  const name = 'Node.js';
  const { node } = process.versions;
  return isAtLeast(node, oldest)
    ? { name, status: 'ok', message: node }
    : { name, status: 'fail', message: `${node} is too old.`, mend: `Install ${oldest} or later.` };
}

function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}

async function* checkApi(checked: Checked, config: Settings): AsyncGenerator<Check> {
  let endpoint: Endpoint;
  try {
    endpoint = await createEndpoint(config)();
    yield { name: 'credentials', status: 'ok', message: `project ${endpoint.projectId}` };
  } catch (error) {
    yield failed('credentials', error);
    return;
  }
  const http = createHttp();
  try {
    const { authorization, check } = await signIn(endpoint, http);
    yield check;
    if (authorization === undefined) return;
    const { product } = checked;
    const ask = createAsker(endpoint, http, authorization, `${product.name}/${product.version}`);
    yield* checkProject(endpoint, ask);
    yield await checkCallbacks(config.callbacks, ask);
  } finally {
    await http.close();
  }
}

async function signIn(
  endpoint: Endpoint,
  http: Http,
): Promise<{ readonly check: Check; readonly authorization?: string }> {
  const name = 'sign-in';
  const quiet = createLogger('error', () => {});
  const deadline = startDeadline(REQUEST_BUDGET_MS);
  const startedAt = performance.now();
  try {
    const authorization = await createAuthorizer(endpoint, http, systemClock, quiet).header(deadline.stop);
    const message =
      endpoint.auth === 'basic'
        ? 'basic authentication, rate limited'
        : `${endpoint.authUrl}, ${since(startedAt)}`;
    return { check: { name, status: 'ok', message }, authorization };
  } catch (error) {
    return { check: failed(name, error) };
  } finally {
    deadline.end();
  }
}

/** @throws {NumbersError} where there is no answer */
type Ask = (operation: Operation, input: object) => Promise<HttpResponse>;

function createAsker(endpoint: Endpoint, http: Http, authorization: string, userAgent: string): Ask {
  return async (operation, input) => {
    const { method, target } = buildRequest(operation, endpoint.projectId, input);
    const deadline = startDeadline(REQUEST_BUDGET_MS);
    try {
      const response = await http.send({
        origin: endpoint.url,
        target,
        method,
        headers: { accept: 'application/json', authorization, 'user-agent': userAgent },
        signal: deadline.stop,
      });
      if (response.status >= 200 && response.status < 300) return response;
      const secrets = [endpoint.keySecret, authorization.replace(/^\w+ /, '')];
      throw apiError(operation.operationId, response, Date.now(), secrets);
    } finally {
      deadline.end();
    }
  };
}

async function* checkProject({ url }: Endpoint, ask: Ask): AsyncGenerator<Check> {
  const startedAt = performance.now();
  let response: HttpResponse;
  try {
    response = await ask(operations.listActiveNumbers, { pageSize: 1 });
    yield { name: 'Numbers API', status: 'ok', message: `${url}, ${since(startedAt)}` };
  } catch (error) {
    yield failed('Numbers API', error);
    return;
  }
  try {
    const { totalSize } = readAnswer(operations.listActiveNumbers, response);
    const message =
      totalSize === undefined ? 'the API does not say how many' : `the project holds ${totalSize}`;
    yield { name: 'numbers', status: 'ok', message };
  } catch (error) {
    yield failed('numbers', error);
  }
  yield checkClock(response.header('date'));
}

function checkClock(date: string | undefined): Check {
  const name = 'clock';
  const skew = date === undefined ? Number.NaN : Date.now() - Date.parse(date);
  if (Number.isNaN(skew)) return { name, status: 'skip', message: 'the API does not tell its time' };
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= MAX_SKEW_MS)
    return { name, status: 'ok', message: `within ${Math.max(1, seconds)} s of the API` };
  const message = `${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the API.`;
  return { name, status: 'fail', message, mend: 'Set the clock of this machine by the network.' };
}

async function checkCallbacks({ port, secret }: ServerOptions['callbacks'], ask: Ask): Promise<Check> {
  const name = 'callbacks';
  if (port === undefined) return { name, status: 'skip', message: 'off (SINCH_NUMBERS_CALLBACK_PORT)' };
  try {
    const answer = await ask(operations.getCallbackConfiguration, {});
    const { hmacSecret } = readAnswer(operations.getCallbackConfiguration, answer);
    if (hmacSecret === undefined) {
      const mend = 'Set one with update_callback_configuration.';
      return {
        name,
        status: 'fail',
        message: 'the project has no secret: every event would be refused.',
        mend,
      };
    }
    if (secret !== undefined && secret !== hmacSecret) {
      const message =
        'SINCH_NUMBERS_CALLBACK_SECRET is not the secret of the project: every event would be refused.';
      return { name, status: 'fail', message, mend: 'Remove it: the secret is then read from the project.' };
    }
  } catch (error) {
    return failed(name, error);
  }
  try {
    await (await listen(() => new Response(), port)).close();
    return { name, status: 'ok', message: `port ${port} is free, and the secret is known` };
  } catch (error) {
    const mend = 'If that is no server of yours, choose another SINCH_NUMBERS_CALLBACK_PORT.';
    return { name, status: 'warn', message: `port ${port} cannot be used now: ${reasonOf(error)}.`, mend };
  }
}

async function checkState(folder: string): Promise<Check> {
  const name = 'state folder';
  const existing = await nearestExisting(folder);
  try {
    if (!(await stat(existing)).isDirectory()) throw new Error('it is no folder');
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    const mend =
      'Make it writable, or set SINCH_NUMBERS_STATE_DIR. Nothing can be rented or released without it.';
    return { name, status: 'fail', message: `${existing} cannot be written: ${reasonOf(error)}.`, mend };
  }
  if (existing !== folder) return { name, status: 'ok', message: `${folder}, made when it is needed` };
  const { mode } = await stat(folder);
  if (isOpenToOthers(mode)) {
    return { name, status: 'warn', message: `others can read ${folder}.`, mend: `Run chmod 700 "${folder}"` };
  }
  return { name, status: 'ok', message: folder };
}

async function nearestExisting(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}

async function checkConfirmation({ confirm, confirmVariable, openBrowser }: Settings): Promise<Check> {
  const name = 'confirmation';
  if (confirm === 'token') {
    const message = `${confirmVariable}=token: the agent is told to ask you, and nothing makes it.`;
    return {
      name,
      status: 'warn',
      message,
      mend: 'Use auto or human, if your client can show a form or this machine a page.',
    };
  }
  const problem = await browserProblem(openBrowser);
  if (problem === undefined) {
    return { name, status: 'ok', message: 'a form, where the client has forms; else a page in your browser' };
  }
  const without = confirm === 'human' ? 'renting and releasing are refused' : 'the agent is told to ask you';
  const message = `a form, where the client has forms; else ${without}, for no page can be shown: ${problem}.`;
  const mend = openBrowser
    ? 'Mend SINCH_NUMBERS_OPEN_BROWSER.'
    : 'SINCH_NUMBERS_OPEN_BROWSER can name a command that shows it.';
  return { name, status: 'warn', message, mend };
}

/** What a failure is, and what to do, in the words of the tools. */
function failed(name: string, error: unknown): Check {
  if (!isNumbersError(error)) return { name, status: 'fail', message: `${reasonOf(error)}.` };
  const [cause = '', step = ''] = describeFailure(error, { name, effect: 'read', input: {} }).split('\n');
  const message = cause.slice(`${name} failed: `.length);
  return {
    name,
    status: 'fail',
    message,
    mend: step
      .replace(/^Tell the user: (.)/, (_, first) => first.toUpperCase())
      .replace('tell the user to ', ''),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

function since(startedAt: number): string {
  return `${Math.round(performance.now() - startedAt)} ms`;
}
