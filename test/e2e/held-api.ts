/** A simulator behind a proxy: what becomes of a request that spends or cuts off is in the hands of the test. */
import type { ServerResponse } from 'node:http';
import { serve, simulate, type WatchedSimulator } from '../api/support.ts';
import { journalOf } from '../support/journal.ts';
import { RENTED, temporaryFolder } from '../support/stage.ts';
import { type Deferred, deferred, type Env, envFor } from './harness.ts';

/** What is done with a request that rents or releases; all others are passed on. */
export type Between = (pass: () => Promise<Response>, response: ServerResponse) => unknown;

export interface World {
  readonly api: WatchedSimulator;
  /** Points a server at the proxy. */
  readonly env: Env;
  /** Where servers keep their state. */
  readonly folder: string;
  /** The requests that rented or released, as the API got them. */
  posts(): string[];
  /** How many numbers are rented. */
  rented(): number;
  /** What the journal tells, an entry a line. */
  journal(): string[];
}

/** In it, each gated call can be carried out. */
export async function openWorld(between: Between): Promise<World> {
  const api = await simulate({ active: 0 });
  api.project.rent(RENTED, {});
  const proxy = await serve(async (response, { method, target, headers, body }) => {
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const pass = () =>
      fetch(`${api.url}${target}`, {
        method,
        headers: { authorization, 'content-type': type },
        ...(method === 'POST' && { body }),
      });
    if (method === 'POST' && /:re/.test(target)) return between(pass, response);
    await forward(await pass(), response);
  });
  const folder = await temporaryFolder();
  return {
    api,
    env: { ...envFor({ ...api, url: proxy.url }), SINCH_NUMBERS_STATE_DIR: folder },
    folder,
    posts: () => api.requests.filter((request) => /^POST .*:re/.test(request)).map(decodeURIComponent),
    rented: () => api.project.list(EVERYTHING, 'phoneNumber', 1, undefined).totalSize,
    journal: () => journalOf(folder),
  };
}

const EVERYTHING = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };

export async function forward(answer: Response, response: ServerResponse): Promise<void> {
  const body = await answer.text();
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
}

export interface HeldWorld extends World {
  /** Resolves when the first request that rents or releases has arrived at the proxy. */
  readonly arrived: Promise<void>;
  /** Lets it, and all that follow, through. */
  readonly release: Deferred<void>['resolve'];
}

/** A world in which requests that rent or release are on their way until the test lets them through. */
export async function openHeldWorld(): Promise<HeldWorld> {
  const [arrived, released] = [deferred<void>(), deferred<void>()];
  const world = await openWorld(async (pass, response) => {
    arrived.resolve();
    await released.promise;
    await forward(await pass(), response);
  });
  return { ...world, arrived: arrived.promise, release: released.resolve };
}
