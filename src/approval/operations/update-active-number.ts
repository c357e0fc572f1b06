import { kindOf, quote } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
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

interface UpdateStakes extends Pick<ActiveNumber, 'phoneNumber' | 'displayName' | 'regionCode' | 'type'> {
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
      const number = sanitize(await numbers.call(operations.getActiveNumber, { phoneNumber }, signal));
      const { displayName, regionCode, type } = number;
      const wanted = wantedOf(input);
      checkShowable(wanted);
      const changes = changesOf(number, wanted);
      const stakes = { phoneNumber, displayName, regionCode, type, changes };
      if (!asks || !cutsOff(number, changes)) return { harmless: stakes };
      // A name may hold what does not print, such as parts of an emoji, but where a person agrees to it.
      if (wanted.name) showId('displayName', wanted.name);
      return { stakes };
    },
    terms: ({ changes }) => ({ changes }),
    question: ({ phoneNumber }, stakes) => ({
      headline: `Change ${phoneNumber}${stakes.displayName ? ` ${quote(stakes.displayName)}` : ''} (${kindOf(stakes)}). What works now is cut off or moved.`,
      facts: Object.entries(stakes.changes).map(([what, change]) => changeFact(what, change)),
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

/** What an update asks for. Empty: it is to be removed; absent: it stays. */
type Wanted = Readonly<Partial<Record<Changeable, string>>>;

function wantedOf({
  displayName,
  smsConfiguration: sms,
  voiceConfiguration: voice,
  callbackUrl,
}: Input): Wanted {
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
    // A job that failed or waits is begun anew, also for the same link.
    return from === to ? [] : [[what, { ...(from && { from }), ...(to && { to }) }] as const];
  });
  return Object.fromEntries(changes);
}

/** Whether something that works now would stop, or go elsewhere. */
function cutsOff(number: ActiveNumber, changes: Changes): boolean {
  const works = stateOf(number, workingLinks(number));
  const isUnlinked = (what: Changeable) => changes[what] !== undefined && works[what] !== undefined;
  const removesCallback = changes['callback URL'] !== undefined && changes['callback URL'].to === undefined;
  return (
    isUnlinked('SMS service plan') || isUnlinked('10DLC campaign') || isUnlinked('voice') || removesCallback
  );
}

function changeFact(what: string, { from, to }: Change): Fact {
  const will = to === undefined ? 'is removed' : `becomes ${JSON.stringify(to)}`;
  return { label: what, value: `${from === undefined ? 'none now' : `${quote(from)} now`}, ${will}` };
}
