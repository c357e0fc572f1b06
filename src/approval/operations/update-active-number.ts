import { callbackUrlWarning } from '../../api/callback-url.ts';
import { kindOf, quote } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import { smsJob, voiceJob } from '../../audit/diagnosis.ts';
import type { Change } from '../history.ts';
import type { GatedOperation } from '../operation.ts';
import { type Fact, lastFourDigits } from '../question.ts';
import { readUntilClear } from '../reconcile.ts';
import { showId, showUrl } from '../showable.ts';
import { comingLinks, links, workingLinks } from './links.ts';

type Input = OperationInput<typeof operations.updateActiveNumber>;

/** What can change of a number, in the words that a person reads. */
type Changes = Readonly<Partial<Record<Changeable, Change>>>;
type Changeable = 'name' | 'SMS service plan' | '10DLC campaign' | 'voice' | 'callback URL';

export interface UpdateStakes
  extends Pick<ActiveNumber, 'phoneNumber' | 'displayName' | 'regionCode' | 'type'> {
  readonly [key: string]: unknown;
  readonly changes: Changes;
}

/**
 * @param asks whether to ask about what cuts off or moves a link that works, or removes a callback URL; renaming,
 *   adding a first link and mending a failed job never ask
 */
export function updateActiveNumber(asks: boolean): GatedOperation<Input, UpdateStakes> {
  return {
    tool: 'update_active_number',
    operation: operations.updateActiveNumber,
    async quote(input, { numbers, signal }) {
      const { phoneNumber } = input;
      const number = await numbers.call(operations.getActiveNumber, { phoneNumber }, signal);
      const { stakes, cutOff } = quoteUpdate(number, input);
      return asks && cutOff.length > 0 ? { stakes } : { harmless: stakes };
    },
    terms: ({ changes }) => ({ changes }),
    question: ({ phoneNumber, callbackUrl }, stakes) => ({
      headline: `Change ${phoneNumber}${stakes.displayName ? ` ${quote(stakes.displayName)}` : ''} (${kindOf(stakes)}). What works now is cut off or moved.`,
      facts: [
        ...Object.entries(stakes.changes).map(([what, change]) => changeFact(what, change)),
        ...warningFacts(callbackUrl),
      ],
      ...lastFourDigits(phoneNumber, 'change the number'),
    }),
    phoneNumber: ({ phoneNumber }) => phoneNumber,
    send: async (input, { numbers, signal }) => ({
      number: await numbers.call(operations.updateActiveNumber, input, signal),
    }),
    reconcile({ arguments: args, terms, error }, { numbers, clock }) {
      const phoneNumber = String(args.phoneNumber);
      const changes = terms.changes as Changes;
      const check = `get_active_number ${phoneNumber}: compare it with what was to be changed`;
      return readUntilClear(clock, error, check, async (signal) => {
        const number = await numbers.call(operations.getActiveNumber, { phoneNumber }, signal);
        const now = stateOf(number, links(number));
        const coming = stateOf(number, comingLinks(number));
        const isSame = error === undefined ? isAsJournalled : Object.is;
        const shown = Object.entries(changes).map(([what, { from, to }]) => {
          // The journal keeps no more of a URL than its origin, which may be the same.
          if (from === to) return 'other';
          if (isSame(coming[what as Changeable], to)) return 'to';
          return isSame(now[what as Changeable], from) ? 'from' : 'other';
        });
        if (shown.length === 0) return 'unclear';
        if (shown.every((state) => state === 'to')) {
          return { outcome: 'completed', evidence: 'the number is as it was to be', number };
        }
        return shown.every((state) => state === 'from') ? 'as before' : 'unclear';
      });
    },
  };
}

/** Whether a value is the one that the journal tells of: it keeps no more of a URL than its origin. */
function isAsJournalled(value: string | undefined, told: string | undefined): boolean {
  return value === told || (value !== undefined && URL.canParse(value) && new URL(value).origin === told);
}

interface QuotedUpdate {
  readonly stakes: UpdateStakes;
  /** What works now and would stop, or go elsewhere, each in words. */
  readonly cutOff: readonly string[];
  readonly needsNothing: boolean;
}

/**
 * What is at stake when a rented number is updated.
 * @throws {InvalidRequestError} where what is asked for cannot be shown to a person whole
 */
export function quoteUpdate(answer: ActiveNumber, change: Omit<Input, 'phoneNumber'>): QuotedUpdate {
  const number = sanitize(answer);
  const wanted = wantedOf(change);
  checkShowable(wanted);
  const changes = changesOf(number, wanted);
  const { phoneNumber, displayName, regionCode, type } = number;
  const stakes = { phoneNumber, displayName, regionCode, type, changes };
  const needsNothing = Object.keys(changes).length === 0 && !retriesJob(number, wanted);
  return { stakes, cutOff: cutOffBy(number, changes), needsNothing };
}

/** Whether the same link is asked for whose job has failed: it is begun anew. */
function retriesJob(number: ActiveNumber, wanted: Wanted): boolean {
  const retriesSms = (wanted['SMS service plan'] ?? '') !== '' && smsJob(number)?.status === 'FAILED';
  return retriesSms || ((wanted.voice ?? '') !== '' && voiceJob(number)?.status === 'FAILED');
}

/** What an update asks for. Empty: it is to be removed; absent: it stays. */
type Wanted = Readonly<Partial<Record<Changeable, string>>>;

function wantedOf({
  displayName,
  smsConfiguration: sms,
  voiceConfiguration: voice,
  callbackUrl,
}: Omit<Input, 'phoneNumber'>): Wanted {
  const voiceId = voice && (voice.appId ?? voice.trunkId ?? voice.serviceId);
  const product = voice?.appId !== undefined ? 'app' : voice?.trunkId !== undefined ? 'trunk' : 'fax service';
  return {
    ...(displayName !== undefined && { name: displayName }),
    ...(sms?.servicePlanId !== undefined && { 'SMS service plan': sms.servicePlanId }),
    ...(sms?.campaignId !== undefined && { '10DLC campaign': sms.campaignId }),
    ...(voiceId !== undefined && { voice: voiceId && `${product} ${voiceId}` }),
    ...(callbackUrl !== undefined && { 'callback URL': callbackUrl }),
  };
}

/**
 * What an update asks for, whatever number it is about.
 * @throws {InvalidRequestError} where a name cannot be shown to a person whole
 */
export function wantedFacts(change: Omit<Input, 'phoneNumber'>): Fact[] {
  const wanted = Object.entries(wantedOf(change));
  return [
    ...wanted.map(([what, to]) => ({ label: what, value: becomes(what, to) })),
    ...warningFacts(change.callbackUrl),
  ];
}

function warningFacts(callbackUrl: string | undefined): Fact[] {
  const warning = callbackUrl && callbackUrlWarning(callbackUrl);
  return warning ? [{ label: 'Warning', value: warning }] : [];
}

/** @throws {InvalidRequestError} */
function checkShowable(wanted: Wanted): void {
  for (const [what, value] of Object.entries(wanted)) {
    if (what === 'callback URL') showUrl('callbackUrl', value);
    else if (what !== 'name') showId(what, value);
  }
}

function stateOf(
  { displayName, callbackUrl }: ActiveNumber,
  { servicePlanId, campaignId, voice }: ReturnType<typeof links>,
): Readonly<Partial<Record<Changeable, string | undefined>>> {
  return {
    name: displayName,
    'SMS service plan': servicePlanId,
    '10DLC campaign': campaignId,
    voice,
    'callback URL': callbackUrl,
  };
}

/** What will be otherwise than it is, links that are not ready yet included. */
function changesOf(number: ActiveNumber, wanted: Wanted): Changes {
  const now = stateOf(number, links(number));
  const changes = Object.entries(wanted).flatMap(([what, value]) => {
    const from = now[what as Changeable];
    const to = value || undefined;
    return from === to ? [] : [[what, { ...(from && { from }), ...(to && { to }) }] as const];
  });
  return Object.fromEntries(changes);
}

function cutOffBy(number: ActiveNumber, changes: Changes): string[] {
  const works = stateOf(number, workingLinks(number));
  const cutOff = (['SMS service plan', '10DLC campaign', 'voice'] as const).flatMap((what) => {
    const now = works[what];
    return changes[what] === undefined || now === undefined ? [] : [`${what} ${quote(now)}`];
  });
  const { 'callback URL': callback } = changes;
  return callback?.from === undefined || callback.to !== undefined
    ? cutOff
    : [...cutOff, `callbacks to ${quote(callback.from)}`];
}

function changeFact(what: string, { from, to }: Change): Fact {
  return {
    label: what,
    value: `${from === undefined ? 'none now' : `${quote(from)} now`}, ${becomes(what, to)}`,
  };
}

function becomes(what: string, to: string | undefined): string {
  if (!to) return 'is removed';
  // IDs and URLs were checked as the stakes were read.
  return `becomes ${what === 'name' ? showId('displayName', to) : JSON.stringify(to)}`;
}
