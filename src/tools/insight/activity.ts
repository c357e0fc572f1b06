import * as z from 'zod';
import { kindOf, minute, quote, word } from '../../api/format.ts';
import { formatMoneys, formatRecurring, recurringPrice } from '../../api/money.ts';
import { emergencyOperations } from '../../api/operations/emergency.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { Effect, Operation } from '../../api/operations/operation.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { sanitize } from '../../api/sanitize.ts';
import { moment, momentMs } from '../../api/schemas/moment.ts';
import { type AvailableNumber, availableNumber, phoneNumber } from '../../api/schemas/numbers.ts';
import { labelOf } from '../../identity/person.ts';
import type { JournalEntry } from '../../storage/store.ts';
import { cutToLength, table } from '../format/table.ts';
import { readTool } from '../tool.ts';

/** What can be asked for, by the operations that it is done with. */
const KINDS = ['rent', 'order', 'update', 'release'] as const;
const OUTCOMES = ['completed', 'not_executed', 'unknown', 'under_way'] as const;

/** When, what and of which number: what a row is called. */
const NAMING_COLUMNS = 3;
/** So much of a batch's ID tells it apart. */
const BATCH_SHOWN = 8;
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

const activity = z.looseObject({
  at: z.string(),
  kind: z.enum([...KINDS, 'other']),
  tool: z.string(),
  outcome: z.enum(OUTCOMES),
  phoneNumber: z.string().optional(),
  phoneNumbers: z.array(z.string()).optional(),
  terms: z.looseObject({}),
  person: z.string().optional(),
  client: z.string().optional(),
  confirmedBy: z.string().optional(),
  /** What the requests of one call about many numbers have in common. */
  batch: z.string().optional(),
});

type Activity = z.output<typeof activity>;

export const listActivity = readTool({
  name: 'list_activity',
  title: 'List activity',
  description:
    'What this server rented, ordered, updated and released, newest first: when, at which price, what changed, asked by which client, confirmed how, with which outcome. Today: since. What callbacks brought: list_callback_events.',
  input: z.strictObject({
    phoneNumber: phoneNumber.optional(),
    kind: z.enum(KINDS).optional(),
    outcome: z.enum(OUTCOMES).optional(),
    since: moment.optional().describe('RFC 3339'),
    limit: z.int().min(1).max(MAX_LIMIT).optional(),
    cursor: z.string().min(1).optional(),
  }),
  output: z.looseObject({ activities: z.array(activity), nextCursor: z.string().optional() }),
  async handler({ limit = DEFAULT_LIMIT, cursor, since, ...wanted }, { history }) {
    const page = await history({
      limit,
      ...(cursor !== undefined && { cursor }),
      ...(since !== undefined && { since: new Date(momentMs(since)).toISOString() }),
      matches: (entry) => matches(activityOf(entry), wanted),
    });
    const activities = sanitize(page.entries.map(activityOf));
    const { nextCursor } = page;
    const { text, shown } = cutToLength(activities, (some) => table(some.map(activityRow), NAMING_COLUMNS));
    const total = activities.length;
    const cut = shown < total ? `CUT: only the first ${shown} of ${total}: ask for fewer.` : '';
    const lines = [
      total === 0 ? 'Nothing was sent that matches.' : text,
      cut,
      nextCursor === undefined ? '' : `Older: the same arguments and cursor ${nextCursor}`,
    ];
    return {
      text: lines.filter((line) => line !== '').join('\n'),
      structured: {
        activities: activities.slice(0, shown),
        ...(cut !== '' && { truncated: { shown, total } }),
        ...(nextCursor !== undefined && { nextCursor }),
      },
      hints: cut === '' ? [] : [cut],
    };
  },
});

function activityOf({ intent, outcome }: JournalEntry): Activity {
  const { at, tool, operationId, terms, person, client, confirmedBy, phoneNumbers, batch } = intent;
  const number = outcome?.phoneNumber ?? intent.phoneNumber;
  return {
    ...{ at, kind: kindOfOperation(operationId), tool, outcome: outcome?.outcome ?? 'under_way', terms },
    ...(number !== undefined && { phoneNumber: number }),
    ...(phoneNumbers !== undefined && { phoneNumbers: [...phoneNumbers] }),
    ...(person !== undefined && { person: labelOf(person) }),
    ...(client !== undefined && { client }),
    ...(confirmedBy !== undefined && { confirmedBy }),
    ...(batch !== undefined && { batch }),
  };
}

const KIND_OF: Readonly<Record<Effect, Activity['kind']>> = {
  read: 'other',
  write: 'update',
  billing: 'rent',
  destructive: 'release',
};

/** What an operation does that its effect does not say: an address is set and taken away, and no number with it. */
const KIND_OF_OPERATION = new Map<string, Activity['kind']>([
  [orderOperations.submitNumberOrder.operationId, 'order'],
  [emergencyOperations.provisionEmergencyAddress.operationId, 'update'],
  [emergencyOperations.deprovisionEmergencyAddress.operationId, 'update'],
]);

/** What an operation does; one that this version does not know is something else. */
function kindOfOperation(id: string): Activity['kind'] {
  const known = Object.values<Operation>(operations).find(({ operationId }) => operationId === id);
  return KIND_OF_OPERATION.get(id) ?? KIND_OF[known?.effect ?? 'read'];
}

interface Wanted {
  readonly phoneNumber?: string | undefined;
  readonly kind?: string | undefined;
  readonly outcome?: string | undefined;
}

function matches(entry: Activity, wanted: Wanted): boolean {
  return (
    (wanted.phoneNumber === undefined || numbersOf(entry).includes(wanted.phoneNumber)) &&
    (wanted.kind === undefined || entry.kind === wanted.kind) &&
    (wanted.outcome === undefined || entry.outcome === wanted.outcome)
  );
}

function numbersOf({ phoneNumber, phoneNumbers = [] }: Activity): readonly string[] {
  return phoneNumber === undefined ? phoneNumbers : [phoneNumber];
}

function activityRow(entry: Activity): string[] {
  return [
    minute(entry.at),
    `${entry.tool} ${entry.outcome}`,
    numbersOf(entry).map(word).join(' '),
    termsText(entry),
    entry.person === undefined ? '' : `for ${quote(entry.person)}`,
    entry.client === undefined ? '' : `by ${quote(entry.client)}`,
    entry.confirmedBy === undefined ? 'not asked' : `confirmed by ${confirmation(entry.confirmedBy)}`,
    entry.batch === undefined ? '' : `batch ${word(entry.batch.slice(0, BATCH_SHOWN))}`,
  ];
}

/** A way, and who, where that was seen. */
function confirmation(confirmedBy: string): string {
  const [, way, who] = /^(\S+) by (.*)$/.exec(confirmedBy) ?? [];
  return way === undefined || who === undefined ? word(confirmedBy) : `${word(way)} by ${quote(who)}`;
}

/** What was agreed to, in words. */
function termsText({ kind, terms }: Activity): string {
  if (kind === 'rent') return offersOf(terms).map(offerText).join(', or ');
  if (kind === 'order') return orderText(terms);
  const { changes } = terms;
  if (typeof changes !== 'object' || changes === null) return '';
  return Object.entries(changes)
    .map(([what, { from, to }]) => `${what} ${show(from)} to ${show(to)}`)
    .join(', ');
}

/** Groups numbers of one price. */
function orderText({ numbers, numberType }: Activity['terms']): string {
  const texts = offersOf({ offers: numbers }).map((offer) =>
    offerText({ ...offer, type: String(numberType) }),
  );
  return [...new Set(texts)].join(', or ');
}

function offersOf(terms: Activity['terms']): AvailableNumber[] {
  const offers = z.array(availableNumber).safeParse(terms.offers ?? [terms]);
  return offers.success ? offers.data : [];
}

function offerText(offer: AvailableNumber): string {
  const { setupPrice } = offer;
  return [
    kindOf(offer),
    setupPrice && `setup ${formatMoneys([setupPrice])}`,
    formatRecurring(recurringPrice(offer)),
  ]
    .filter(Boolean)
    .join(' ');
}

function show(value: unknown): string {
  return typeof value === 'string' ? quote(value, 60) : 'none';
}
