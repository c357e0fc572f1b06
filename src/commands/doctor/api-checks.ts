/** What the API and the token endpoint say. */
import { createAuthorizer, type Endpoint, maskOf } from '../../api/auth.ts';
import { startDeadline } from '../../api/deadline.ts';
import { isNotFound } from '../../api/errors.ts';
import { createHttp, type Http } from '../../api/http.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { Operation, OperationResponse } from '../../api/operations/operation.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { buildRequest } from '../../api/request.ts';
import { apiError, readAnswer } from '../../api/response.ts';
import { systemClock } from '../../lib/clock.ts';
import { listen } from '../../lib/listen.ts';
import { createLogger } from '../../lib/log.ts';
import type { ServerOptions } from '../app.ts';
import { createEndpoint } from '../credentials.ts';
import { type Check, type Checked, failed, reasonOf, type Settings } from './check.ts';

/** Time for one request, in milliseconds. */
const REQUEST_BUDGET_MS = 15_000;
/** A clock that is further off than this makes tokens and dates go wrong, in milliseconds. */
const MAX_SKEW_MS = 60_000;

/** Each after the one that it needs; what cannot be checked without that is left out. */
export async function* checkApi({ product }: Checked, config: Settings): AsyncGenerator<Check> {
  let endpoint: Endpoint;
  try {
    endpoint = await createEndpoint(config)();
    yield { name: 'credentials', status: 'ok', message: `project ${endpoint.projectId}` };
  } catch (error) {
    yield failed('credentials', error);
    return;
  }
  const http = createHttp({ proxy: config.network.proxy });
  try {
    const { authorization, check } = await signIn(endpoint, http);
    yield check;
    if (authorization === undefined) return;
    const ask = createAsker(endpoint, http, authorization, `${product.name}/${product.version}`);
    yield* checkProject(endpoint, ask);
    yield await checkBuying(ask);
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

/** An answer other than an error. */
interface Answer<O extends Operation> {
  header(name: string): string | undefined;
  /** @throws {UnexpectedResponseError} where it is not what the operation promises */
  read(): OperationResponse<O>;
}

/** @throws {NumbersError} where there is no answer, or an error */
type Ask = <O extends Operation>(operation: O, input: object) => Promise<Answer<O>>;

function createAsker(endpoint: Endpoint, http: Http, authorization: string, userAgent: string): Ask {
  const mask = maskOf(endpoint, authorization);
  return async (operation, input) => {
    const { method, target, body } = buildRequest(operation, endpoint.projectId, input);
    const isJson = typeof body === 'string';
    const deadline = startDeadline(REQUEST_BUDGET_MS);
    try {
      const response = await http.send({
        origin: endpoint.url,
        target,
        method,
        headers: {
          accept: 'application/json',
          authorization,
          'user-agent': userAgent,
          ...(isJson && { 'content-type': 'application/json' }),
        },
        ...(isJson && { body }),
        signal: deadline.stop,
      });
      if (response.status >= 200 && response.status < 300) {
        return { header: response.header, read: () => readAnswer(operation, response, mask) };
      }
      throw apiError(operation.operationId, response, Date.now(), mask);
    } finally {
      deadline.end();
    }
  };
}

async function* checkProject({ url }: Endpoint, ask: Ask): AsyncGenerator<Check> {
  const startedAt = performance.now();
  let answer: Answer<typeof operations.listActiveNumbers>;
  try {
    answer = await ask(operations.listActiveNumbers, { pageSize: 1 });
    yield { name: 'Numbers API', status: 'ok', message: `${url}, ${since(startedAt)}` };
  } catch (error) {
    yield failed('Numbers API', error);
    return;
  }
  try {
    const { totalSize } = answer.read();
    const message =
      totalSize === undefined ? 'the API does not say how many' : `the project holds ${totalSize}`;
    yield { name: 'numbers', status: 'ok', message };
  } catch (error) {
    yield failed('numbers', error);
  }
  yield checkClock(answer.header('date'));
}

/**
 * Which way of buying numbers the project seems to have: whether it can order any is read here, whether it may rent
 * more than US LOCAL only a rent would tell.
 */
async function checkBuying(ask: Ask): Promise<Check> {
  const name = 'buying';
  const ordering = 'numbers of every country can be ordered; US LOCAL can be rented at once, others maybe';
  try {
    await ask(orderOperations.lookupNumberRequirements, { regionCode: 'US', numberType: 'LOCAL' });
    return { name, status: 'ok', message: ordering };
  } catch (error) {
    if (isNotFound(error)) return { name, status: 'ok', message: ordering };
    const message = `number orders do not answer (${reasonOf(error)}): numbers can be rented alone, maybe US LOCAL only`;
    return { name, status: 'skip', message };
  }
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
    const { hmacSecret } = answer.read();
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

function since(startedAt: number): string {
  return `${Math.round(performance.now() - startedAt)} ms`;
}
