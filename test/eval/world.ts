/** The world that scenarios are played in: a seeded simulator in this process, and what it was asked to change. */
import { emergencyOperations } from '../../src/api/operations/emergency.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import type { Effect } from '../../src/api/operations/operation.ts';
import { orderOperations } from '../../src/api/operations/orders.ts';
import { realClock, type SimulatorClock } from '../../src/simulator/clock.ts';
import { DEFAULT_SEED, POOLS } from '../../src/simulator/invented.ts';
import { type ActiveRecord, newRecord } from '../../src/simulator/model.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { seedNumbers } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';

const SEEDED = 40;
const DAY = 24 * 3_600_000;

/** Numbers on a campaign that has run out. */
export const EXPIRED = ['+12065552901', '+12065552902', '+12065552903'];
export const PLAN = 'plan-office';
export const OLD_CAMPAIGN = 'CRUNOUT';

/** Jobs and reviews take a hundredth of their time; what takes longer than these is left as it is. */
const HURRY = 100;
const LONGEST_HURRIED = 10_000;

function hurriedClock(): SimulatorClock {
  const clock = realClock();
  return { ...clock, after: (ms, task) => clock.after(ms > LONGEST_HURRIED ? ms : ms / HURRY, task) };
}

/** A request that changes something, e.g. `PATCH /activeNumbers/+12065550104`. */
export interface Write {
  readonly request: string;
  readonly effect: Exclude<Effect, 'read'>;
}

const ROUTES = Object.values({ ...operations, ...orderOperations, ...emergencyOperations }).map(
  ({ method, path, effect }) => {
    const route = path.replace(/\{\w+\}/g, '[^/:?]+');
    return { effect, pattern: new RegExp(`^${method} ${route}(\\?|$)`) };
  },
);

/** What no operation knows, the token endpoint among it, changes nothing. */
function effectOf(request: string): Effect {
  return ROUTES.find(({ pattern }) => pattern.test(request))?.effect ?? 'read';
}

export interface Office {
  readonly simulator: Simulator;
  /** Copies of the rented numbers, as they are now. */
  rented(): readonly ActiveRecord[];
  /** So far, in order. */
  writes(): readonly Write[];
}

/** Forty seeded numbers and {@link EXPIRED}. Only US LOCAL ones can be rented without an order. */
export async function openOffice(): Promise<Office> {
  const writes: Write[] = [];
  const simulator = await startSimulator({
    active: 0,
    clock: hurriedClock(),
    policies: { rent: 'us-local' },
    onRequest(method, path) {
      const request = `${method} ${decodeURIComponent(path)}`;
      const effect = effectOf(request);
      if (effect === 'read') return;
      writes.push({ request: request.replace(/\/v1\/projects\/[^/]+/, ''), effect });
    },
  });
  const now = Date.now();
  for (const record of seedNumbers(SEEDED, createRandom(DEFAULT_SEED), now)) {
    simulator.project.add({ ...record, rentedAt: inEveryMonth(record.rentedAt) });
  }
  for (const phoneNumber of EXPIRED) simulator.project.add(onExpiredCampaign(phoneNumber, now));
  return {
    simulator,
    rented: () => allOf(simulator).map((record) => ({ ...record })),
    writes: () => writes,
  };
}

/** A day that every month has, so that charges fall on the same one. */
function inEveryMonth(ms: number): number {
  const date = new Date(ms);
  return date.setUTCDate(Math.min(date.getUTCDate(), 28));
}

function onExpiredCampaign(phoneNumber: string, now: number): ActiveRecord {
  const [pool] = POOLS;
  if (pool === undefined) throw new Error('the simulator has no stock');
  const record = newRecord(phoneNumber, pool, inEveryMonth(now - 100 * DAY));
  record.displayName = 'Order texts';
  record.smsJob = {
    ...{ servicePlanId: PLAN, campaignId: OLD_CAMPAIGN },
    ...{ status: 'FAILED', updatedAt: now - 3 * DAY, errorCodes: ['CAMPAIGN_EXPIRED'] },
  };
  return record;
}

function allOf({ project }: Simulator): readonly ActiveRecord[] {
  const everything = { capabilities: [], pattern: '', searchPattern: '' };
  return project.list(everything, 'phoneNumber', Number.MAX_SAFE_INTEGER, undefined).records;
}
