/** What rows hold, checked as they are read: other versions of this program write them, too. */

import * as z from 'zod';
import { type CallbackEvent, callbackEvent } from '../../api/callback-event.ts';
import { storedApproval } from '../coordination-lines.ts';
import { storedIntent } from '../journal-lines.ts';
import { knownOrder } from '../order-lines.ts';
import type { Intent, JournalEntry, KnownOrder, NewIntent } from '../store.ts';
import type { Row } from './database.ts';
import { databaseError } from './errors.ts';

const date = z.date();

const journalRow = z.object({
  id: z.string(),
  project_id: z.string(),
  at: date,
  server: z.string(),
  lease_until: date,
  approval: z.string().nullable(),
  part: z.string().nullable(),
  rents: z.number(),
  intent: z.record(z.string(), z.unknown()),
  outcome: z.enum(['completed', 'not_executed', 'unknown']).nullable(),
  ended_at: date.nullable(),
  ended_by: z.string().nullable(),
  ended_number: z.string().nullable(),
  settled_later: z.boolean().nullable(),
});

/** What stands in the column `intent`: all that has no column of its own. */
export function restOf(intent: NewIntent & Partial<Intent>): object {
  const {
    id: _,
    at: __,
    projectId: ___,
    server: ____,
    leaseUntil: _____,
    approval,
    part,
    rents,
    ...rest
  } = intent;
  return rest;
}

/** @throws {StoreError} where it is no row of the journal */
export function entryOf(row: Row | undefined): JournalEntry {
  const { id, project_id, at, server, lease_until, approval, part, rents, intent, ...end } = read(
    journalRow,
    row,
  );
  return {
    intent: read(storedIntent, {
      ...intent,
      ...{ id, at: at.toISOString(), projectId: project_id, server, rents },
      leaseUntil: lease_until.toISOString(),
      ...(approval !== null && { approval }),
      ...(part !== null && { part }),
    }),
    ...(end.outcome !== null && {
      outcome: {
        at: end.ended_at?.toISOString() ?? '',
        server: end.ended_by ?? '',
        outcome: end.outcome,
        ...(end.ended_number !== null && { phoneNumber: end.ended_number }),
        ...(end.settled_later !== null && { settledLater: end.settled_later }),
      },
    }),
  };
}

const approvalRow = z.object({
  token_hash: z.string().nullable(),
  reason: z.string().nullable(),
  subject: z.unknown(),
  outcome: z.unknown(),
  is_delivered: z.boolean(),
  expires_at: date,
  spent_at: date.nullable(),
  version: z.number(),
  changed_at: date,
  now: date,
});

export interface ApprovalRow {
  readonly approval: z.output<typeof storedApproval>;
  /** Milliseconds since the epoch. */
  readonly spentAt: number | undefined;
  /** When it was read, in milliseconds since the epoch. */
  readonly now: number;
  /** Of this state of it, unlike any other of any approval. */
  readonly key: string;
}

/** @param row with the time at which it was read as `now` */
export function approvalOf(row: Row): ApprovalRow {
  const { token_hash, reason, subject, outcome, is_delivered, expires_at, spent_at, version, now } = read(
    approvalRow,
    row,
  );
  const approval = read(storedApproval, {
    ...row,
    ...{ tokenHash: token_hash ?? undefined, reason: reason ?? undefined },
    ...{ subject: subject ?? undefined, outcome: outcome ?? undefined },
    isDelivered: is_delivered || undefined,
    expiresAt: expires_at.getTime(),
  });
  return { approval, spentAt: spent_at?.getTime(), now: now.getTime(), key: `${approval.id} ${version}` };
}

/** @returns undefined for what is no event */
export function eventOf(row: Row): CallbackEvent | undefined {
  return callbackEvent.safeParse(row.body).data;
}

export function orderOf(row: Row): KnownOrder {
  return read(knownOrder, row.body);
}

/** Leaves out what is undefined, which an object with exact optional properties does not take. */
function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, error } = schema.safeParse(typeof value === 'object' && value ? dropUndefined(value) : value);
  if (data === undefined) throw databaseError(`a row of the database cannot be read: ${error?.message}`);
  return data;
}

function dropUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
