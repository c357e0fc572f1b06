/** The lines of the journal: an intent, and what came of it. */
import * as z from 'zod';
import { LEASE_MS } from './store.ts';

const intentLine = z.object({
  /** A copy begins a new segment: the intent itself stands in an older one. */
  step: z.enum(['intent', 'copy']),
  id: z.string(),
  at: z.string(),
  line: z.string(),
  projectId: z.string(),
  server: z.string(),
  leaseUntil: z.string(),
  caller: z.string(),
  person: z
    .object({
      subject: z.string(),
      name: z.string().exactOptional(),
      email: z.string().exactOptional(),
    })
    .exactOptional(),
  client: z.string().exactOptional(),
  tool: z.string(),
  operationId: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  terms: z.record(z.string(), z.unknown()),
  confirmedBy: z.string().exactOptional(),
  approval: z.string().exactOptional(),
  part: z.string().exactOptional(),
  batch: z.string().exactOptional(),
  phoneNumber: z.string().exactOptional(),
  phoneNumbers: z.array(z.string()).readonly().exactOptional(),
  rents: z.int().min(0),
  before: z.array(z.string()).readonly().exactOptional(),
  /** What it was counted against: so every reader comes to the same decision. */
  limit: z.object({ max: z.number(), windowMs: z.number() }).exactOptional(),
});

/** An intent, whatever it is kept in. */
export const storedIntent = intentLine.omit({ step: true, line: true, limit: true });

const outcomeLine = z.object({
  step: z.literal('outcome'),
  id: z.string(),
  at: z.string(),
  line: z.string(),
  server: z.string(),
  outcome: z.enum(['completed', 'not_executed', 'unknown']),
  phoneNumber: z.string().exactOptional(),
  settledLater: z.boolean().exactOptional(),
  /** The intent lost a race: it never began, and spent nothing. */
  isVoid: z.literal(true).exactOptional(),
});

const journalLine = z.discriminatedUnion('step', [intentLine, outcomeLine]);

export type IntentLine = z.output<typeof intentLine>;
export type OutcomeLine = z.output<typeof outcomeLine>;
export type JournalLine = z.output<typeof journalLine>;

/** @returns undefined for what is no line of a journal */
export function parseJournalLine(value: unknown): JournalLine | undefined {
  return journalLine.safeParse(isOld(value) ? upgraded(value) : value).data;
}

/** A line of version 0.1, which had neither leases nor `line`, and two kinds of operations. */
interface OldLine {
  readonly step: unknown;
  readonly id: unknown;
  readonly [field: string]: unknown;
}

function isOld(value: unknown): value is OldLine {
  return (
    typeof value === 'object' && value !== null && 'step' in value && 'id' in value && !('line' in value)
  );
}

const OLD_OPERATIONS = new Map<unknown, { readonly operationId: string; readonly rents: number }>([
  ['rent_number', { operationId: 'NumberService_RentNumber', rents: 1 }],
  ['rent_any_number', { operationId: 'NumberService_RentAnyNumber', rents: 1 }],
  ['release_number', { operationId: 'NumberService_ReleaseNumber', rents: 0 }],
]);

function upgraded(old: OldLine): unknown {
  const line = `${old.step} ${old.id}`;
  const at = typeof old.at === 'string' ? Date.parse(old.at) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  const { server = `pid ${old.pid}`, terms, arguments: args, ...rest } = old;
  if (old.step === 'outcome') return { ...rest, line, server };
  return {
    ...rest,
    line,
    server,
    leaseUntil: new Date(at + LEASE_MS).toISOString(),
    caller: '',
    arguments: args,
    terms: typeof terms === 'object' && terms !== null ? terms : {},
    ...OLD_OPERATIONS.get(old.tool),
    ...numberOf(args),
  };
}

function numberOf(args: unknown): { readonly phoneNumber?: string } {
  if (typeof args !== 'object' || args === null || !('phoneNumber' in args)) return {};
  return typeof args.phoneNumber === 'string' ? { phoneNumber: args.phoneNumber } : {};
}

/** What a line begins with, which is all that is needed of most. */
export interface LineHead {
  readonly step: JournalLine['step'];
  readonly id: string;
  readonly at: string;
}

const HEAD = /^\{"step":"(intent|copy|outcome)","id":"([^"\\]+)","at":"([^"\\]+)"/;

/** Reads the beginning of a line without parsing the rest; undefined where it does not begin as lines are written. */
export function headOf(text: string): LineHead | undefined {
  const [, step, id, at] = HEAD.exec(text) ?? [];
  if ((step !== 'intent' && step !== 'copy' && step !== 'outcome') || !id || !at) return undefined;
  return { step, id, at };
}
