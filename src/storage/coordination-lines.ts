/** What processes agree on among each other, besides the journal: approvals, turns, and what changed. Short-lived. */
import * as z from 'zod';

const id = z.string();
/** Milliseconds since the epoch. */
const ms = z.number();
const common = { line: z.string(), at: ms };

/** An approval, whatever it is kept in. */
export const storedApproval = z.object({
  id,
  caller: z.string(),
  tool: z.string(),
  call: z.string(),
  terms: z.string(),
  channel: z.string(),
  /** `spent` is decided by the journal. */
  state: z.enum(['asked', 'granted', 'declined', 'expired']),
  reason: z.string().exactOptional(),
  tokenHash: z.string().exactOptional(),
  subject: z.record(z.string(), z.unknown()).exactOptional(),
  expiresAt: ms,
  outcome: z.record(z.string(), z.unknown()).exactOptional(),
  isDelivered: z.boolean().exactOptional(),
});

const coordinationLine = z.discriminatedUnion('step', [
  z.object({
    ...common,
    step: z.literal('question'),
    approval: storedApproval,
    /** An approval that looks granted and was spent, as the journal says. */
    spent: id.exactOptional(),
  }),
  z.object({
    ...common,
    step: z.literal('decision'),
    id,
    state: z.enum(['granted', 'declined', 'expired']),
    reason: z.string().exactOptional(),
    channel: z.string().exactOptional(),
    expiresAt: ms,
  }),
  z.object({
    ...common,
    step: z.literal('update'),
    id,
    channel: z.string().exactOptional(),
    expiresAt: ms.exactOptional(),
  }),
  z.object({
    ...common,
    step: z.literal('conclusion'),
    id,
    outcome: z.record(z.string(), z.unknown()),
    expiresAt: ms,
  }),
  z.object({ ...common, step: z.literal('delivered'), id }),
  /** An approval as it stood at the end of the segment before. */
  z.object({ ...common, step: z.literal('copy'), approval: storedApproval }),
  /** A claim to a project's turn, or its renewal. A copy stands at the beginning of a segment. */
  z.object({
    ...common,
    step: z.literal('turn'),
    projectId: z.string(),
    claim: id,
    until: ms,
    isCopy: z.literal(true).exactOptional(),
  }),
  z.object({ ...common, step: z.literal('turn-ended'), projectId: z.string(), claim: id }),
  z.object({ ...common, step: z.literal('changed'), server: id, uris: z.array(z.string()).readonly() }),
]);

export type CoordinationLine = z.output<typeof coordinationLine>;
export type StoredApproval = z.output<typeof storedApproval>;
export type LineOf<S extends CoordinationLine['step']> = Extract<CoordinationLine, { step: S }>;

/** @returns undefined for what is no such line */
export function parseCoordinationLine(value: unknown): CoordinationLine | undefined {
  return coordinationLine.safeParse(value).data;
}
