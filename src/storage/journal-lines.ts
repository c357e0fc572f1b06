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
  client: z.string().exactOptional(),
  tool: z.string(),
  operationId: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  terms: z.record(z.string(), z.unknown()),
  confirmedBy: z.string().exactOptional(),
  approval: z.string().exactOptional(),
  part: z.string().exactOptional(),
  phoneNumber: z.string().exactOptional(),
  rents: z.int().min(0),
  before: z.array(z.string()).readonly().exactOptional(),
  /** What it was counted against: so every reader comes to the same decision. */
  limit: z.object({ max: z.number(), windowMs: z.number() }).exactOptional(),
});

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
  const parsed = journalLine.safeParse(value);
  return parsed.success ? parsed.data : parseOldLine(value);
}

/** Lines of version 0.1 have no lease and no `line`; the tool tells the operation. */
const oldIntent = z.looseObject({
  step: z.literal('intent'),
  id: z.string(),
  at: z.iso.datetime({ offset: true }),
  pid: z.int(),
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
});

const OLD_OPERATIONS: Readonly<Record<string, { readonly operationId: string; readonly rents: number }>> = {
  rent_number: { operationId: 'NumberService_RentNumber', rents: 1 },
  rent_any_number: { operationId: 'NumberService_RentAnyNumber', rents: 1 },
  release_number: { operationId: 'NumberService_ReleaseNumber', rents: 0 },
};

function parseOldLine(value: unknown): JournalLine | undefined {
  const old = z.looseObject({ step: z.string(), id: z.string() }).safeParse(value);
  if (!old.success || old.data.line !== undefined) return undefined;
  const line = `${old.data.step} ${old.data.id}`;
  if (old.data.step === 'outcome') return outcomeLine.safeParse({ server: '', ...old.data, line }).data;
  const intent = oldIntent.safeParse(value);
  const operation = intent.success ? OLD_OPERATIONS[intent.data.tool] : undefined;
  if (!intent.success || operation === undefined) return undefined;
  const { at, pid, arguments: args, ...rest } = intent.data;
  const phoneNumber = typeof args.phoneNumber === 'string' ? { phoneNumber: args.phoneNumber } : {};
  const terms = z.record(z.string(), z.unknown()).safeParse(rest.terms).data ?? {};
  const leaseUntil = new Date(Date.parse(at) + LEASE_MS).toISOString();
  return intentLine.safeParse({
    server: `pid ${pid}`,
    caller: '',
    ...rest,
    ...operation,
    ...phoneNumber,
    at,
    arguments: args,
    terms,
    leaseUntil,
    line,
  }).data;
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
