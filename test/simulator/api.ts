/** What the simulator's tests share: a running simulator, and plain HTTP requests to it. */
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { type ManualClock, manualClock } from '../../src/simulator/clock.ts';
import { JOB_RUNNING_MS, JOB_WAITING_MS } from '../../src/simulator/invented.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';

export const START = Date.UTC(2026, 0, 15, 12);
export const SECOND = 1_000;
export const DAY = 24 * 3_600 * SECOND;
/** Longer than a provisioning job takes. */
export const JOB_MS = JOB_WAITING_MS + JOB_RUNNING_MS;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly body: unknown;
}

export interface Api {
  readonly simulator: Simulator;
  readonly clock: ManualClock;
  /** `path` as it goes on the wire, after /v1/projects/{projectId}. */
  get(path: string): Promise<Answer>;
  post(path: string, body?: object): Promise<Answer>;
  patch(path: string, body: object): Promise<Answer>;
  put(path: string, body: object): Promise<Answer>;
  /** Sends a form. */
  upload(path: string, form: FormData): Promise<Answer>;
}

/** Starts a simulator on a clock that stands still; both end with the test. */
export async function startApi(options: Omit<SimulatorOptions, 'clock'> = {}): Promise<Api> {
  const clock = manualClock(START);
  const simulator = await startSimulator({ active: 0, ...options, clock });
  onTestFinished(() => simulator.close());
  const authorization = basic(simulator);
  const urlOf = (path: string) => `${simulator.url}/v1/projects/${simulator.projectId}${path}`;
  const send = (method: string, path: string, body?: object) =>
    request(urlOf(path), {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    simulator,
    clock,
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    patch: (path, body) => send('PATCH', path, body),
    put: (path, body) => send('PUT', path, body),
    upload: (path, form) => request(urlOf(path), { method: 'POST', headers: { authorization }, body: form }),
  };
}

export async function request(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

export function basic({ keyId, keySecret }: { keyId: string; keySecret: string }): string {
  return `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields of an active number that tests read. Unset strings are "", unset objects and times null. */
export const activeNumber = z.looseObject({
  phoneNumber: z.string(),
  displayName: z.string(),
  regionCode: z.string(),
  type: z.string(),
  nextChargeDate: z.string(),
  expireAt: z.string().nullable(),
  smsConfiguration: z.looseObject({
    servicePlanId: z.string(),
    campaignId: z.string(),
    scheduledProvisioning: z
      .looseObject({
        servicePlanId: z.string(),
        campaignId: z.string(),
        status: z.string(),
        lastUpdatedTime: z.string(),
        errorCodes: z.array(z.string()),
      })
      .nullable(),
  }),
  voiceConfiguration: z.looseObject({
    appId: z.string(),
    scheduledVoiceProvisioning: z.looseObject({ status: z.string() }).nullable(),
  }),
});

export type Active = z.output<typeof activeNumber>;

export const availablePage = z.looseObject({
  availableNumbers: z.array(
    z.looseObject({ phoneNumber: z.string(), regionCode: z.string(), type: z.string() }),
  ),
});

export const activePage = z.looseObject({
  activeNumbers: z.array(activeNumber),
  nextPageToken: z.string(),
  totalSize: z.number(),
});

export type ActivePage = z.output<typeof activePage>;

/** The numbers that a search finds. */
export async function search(api: Api, query: string): Promise<string[]> {
  const { body } = await api.get(`/availableNumbers?${query}`);
  return availablePage.parse(body).availableNumbers.map(({ phoneNumber }) => phoneNumber);
}

/** One page of the rented numbers. */
export async function list(api: Api, query = ''): Promise<ActivePage> {
  return activePage.parse((await api.get(`/activeNumbers?${query}`)).body);
}

/** Rents a US LOCAL number. */
export async function rent(api: Api, configuration: object = {}): Promise<Active> {
  const body = { regionCode: 'US', type: 'LOCAL', ...configuration };
  return activeNumber.parse((await api.post('/availableNumbers:rentAny', body)).body);
}

export async function read(api: Api, phoneNumber: string): Promise<Active> {
  return activeNumber.parse((await api.get(`/activeNumbers/${phoneNumber}`)).body);
}

/** The body of a 400 that blames one field. */
export function violation(field: string, description: unknown): object {
  const details = [{ type: 'BadRequest', fieldViolations: [{ field, description }] }];
  return { error: { code: 400, message: '', status: 'INVALID_ARGUMENT', details } };
}

/** The body of a 404 about a number. */
export function notFound(resourceType: 'ActiveNumber' | 'AvailableNumber', resourceName: string): object {
  const details = [{ type: 'ResourceInfo', resourceType, resourceName, owner: '', description: '' }];
  return { error: { code: 404, message: '', status: 'NOT_FOUND', details } };
}

/** The body of a 400 with a message of its own. */
export function badRequest(message: unknown): object {
  return { error: { code: 400, message, status: 'INVALID_ARGUMENT', details: [] } };
}
