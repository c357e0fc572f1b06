/** A block of equal calls, and what can be told of it. */
import { quantile } from './figures.ts';
import type { Api } from './stage.ts';

/** So many one after the other, then so many with a few in flight all the time. */
const IN_TURN = 500;
const AT_ONCE = 1_600;
export const IN_FLIGHT = 16;

export interface Block {
  /** Of the calls one after the other, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Of the calls in flight together. */
  readonly perSecond: number;
  /** What arrived at the API meanwhile. */
  readonly requestsPerCall: number;
  readonly connections: number;
}

/** What can be told of calls of which a few are in flight all the time. */
export interface Load {
  /** In milliseconds. */
  readonly p50: number;
  readonly perSecond: number;
}

/** @param count how many calls */
export async function measureLoad(call: () => Promise<unknown>, count: number): Promise<Load> {
  const times: number[] = [];
  const startedAt = performance.now();
  let left = count;
  const lane = async () => {
    while (left-- > 0) {
      const calledAt = performance.now();
      await call();
      times.push(performance.now() - calledAt);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return { p50: quantile(times, 0.5), perSecond: count / ((performance.now() - startedAt) / 1000) };
}

/** @param api counts what arrives while the block lasts */
export async function measureBlock(call: () => Promise<unknown>, api: Api): Promise<Block> {
  const times: number[] = [];
  for (let done = 0; done < IN_TURN; done++) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  const { perSecond } = await measureLoad(call, AT_ONCE);
  const { requests, connections } = await api.counts();
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    perSecond,
    requestsPerCall: requests / (IN_TURN + AT_ONCE),
    connections,
  };
}
