/** What tests of the audit share: rented numbers in the state that a test wants. */
import { POOLS } from '../../src/simulator/invented.ts';
import { type ActiveRecord, newRecord, type SmsJob } from '../../src/simulator/model.ts';
import { fastClock } from '../api/support.ts';
import { openStage, START, type Stage } from '../support/stage.ts';

export const HOUR = 3_600_000;
export const NAME = 'audit_provisioning';

/** The auditor's clock shows the simulator's time. */
export const openAudit = (active = 0): Promise<Stage> => openStage({ active, pauses: fastClock(START) });

/** Puts a US LOCAL number in place, unlinked unless told otherwise. */
export function put({ simulator }: Stage, line: number, change: Partial<ActiveRecord> = {}): string {
  const [pool] = POOLS;
  if (pool === undefined) throw new Error('there is no pool');
  const phoneNumber = `+1999${String(line).padStart(7, '0')}`;
  simulator.project.add({ ...newRecord(phoneNumber, pool, START - 40 * 24 * HOUR), ...change });
  return phoneNumber;
}

export function failedJob(errorCode: string, servicePlanId = 'plan-a', campaignId = ''): SmsJob {
  return { status: 'FAILED', updatedAt: START, errorCodes: [errorCode], servicePlanId, campaignId };
}

export const running = (updatedAt: number): Partial<ActiveRecord> => ({
  smsJob: { status: 'IN_PROGRESS', updatedAt, errorCodes: [], servicePlanId: 'plan-a', campaignId: '' },
});
