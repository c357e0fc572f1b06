/** Which rented numbers are meant: conditions that all must hold. */
import * as z from 'zod';
import { moment, momentMs } from '../api/schemas/moment.ts';
import {
  type ActiveNumber,
  capabilities,
  numberPattern,
  numberType,
  regionCode,
} from '../api/schemas/numbers.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { canonicalCode } from './catalogue.ts';
import { diagnose, isLinked, stuckBefore } from './diagnosis.ts';
import { linksOf } from './links.ts';

const id = z.string().min(1);

/** The conditions, as a tool takes them. */
export const selection = z.strictObject({
  regionCode: regionCode.optional(),
  type: numberType.optional(),
  capability: capabilities.optional(),
  numberPattern: numberPattern.optional(),
  displayName: z
    .strictObject({ equals: z.string().optional(), contains: id.optional() })
    .refine(
      ({ equals, contains }) => equals !== undefined || contains !== undefined,
      'must hold equals or contains',
    )
    .optional(),
  hasDisplayName: z.boolean().optional(),
  hasCallbackUrl: z.boolean().optional(),
  linked: z.boolean().optional(),
  servicePlanId: id.optional(),
  campaignId: id.optional(),
  voiceTargetId: id.optional().describe('App, trunk or fax service'),
  finding: id.optional().describe('A code of audit_provisioning'),
  releasing: z.boolean().optional(),
  chargedBefore: moment.optional().describe('RFC 3339'),
});

export type Selection = z.output<typeof selection>;

/**
 * Tells whether a number meets every condition that is given. An ID is met by a number that is linked to it and by one
 * whose job links it to it.
 * @param now milliseconds since the epoch
 */
export function createPredicate(wanted: Selection, now: number): (number: ActiveNumber) => boolean {
  const finding = wanted.finding === undefined ? undefined : canonicalCode(wanted.finding);
  const chargedBefore = wanted.chargedBefore === undefined ? undefined : momentMs(wanted.chargedBefore);
  const conditions: readonly (false | undefined | ((number: ActiveNumber) => boolean))[] = [
    wanted.regionCode !== undefined && (({ regionCode: own }) => own === wanted.regionCode),
    wanted.type !== undefined && (({ type }) => type === wanted.type),
    wanted.capability &&
      (({ capability = [] }) => wanted.capability?.every((it) => capability.includes(it)) ?? true),
    wanted.numberPattern && ((number) => matches(number, wanted.numberPattern ?? {})),
    wanted.displayName && ((number) => isNamed(number, wanted.displayName ?? {})),
    is(wanted.hasDisplayName, ({ displayName }) => displayName !== undefined),
    is(wanted.hasCallbackUrl, ({ callbackUrl }) => callbackUrl !== undefined),
    is(wanted.linked, isLinked),
    is(wanted.releasing, ({ expireAt }) => expireAt !== undefined),
    wanted.servicePlanId !== undefined && on(['servicePlan'], wanted.servicePlanId),
    wanted.campaignId !== undefined && on(['campaign'], wanted.campaignId),
    wanted.voiceTargetId !== undefined && on(['app', 'trunk', 'faxService'], wanted.voiceTargetId),
    finding !== undefined && ((number) => diagnose(number, stuckBefore(now)).codes.includes(finding)),
    chargedBefore !== undefined &&
      (({ expireAt, nextChargeDate }) =>
        expireAt === undefined && Date.parse(nextChargeDate ?? '') < chargedBefore),
  ];
  const given = conditions.filter((condition) => typeof condition === 'function');
  return (number) => given.every((holds) => holds(number));
}

function is(wanted: boolean | undefined, holds: (number: ActiveNumber) => boolean) {
  return wanted === undefined ? undefined : (number: ActiveNumber) => holds(number) === wanted;
}

function on(kinds: readonly string[], wanted: string) {
  return (number: ActiveNumber) =>
    linksOf(number).some((link) => kinds.includes(link.kind) && link.id === wanted);
}

/** As the API matches; bare digits that a number begins with are taken with the + before them. */
function matches(
  { phoneNumber = '' }: ActiveNumber,
  { pattern = '', searchPattern }: NonNullable<Selection['numberPattern']>,
) {
  if (searchPattern === 'START')
    return phoneNumber.startsWith(pattern.startsWith('+') ? pattern : `+${pattern}`);
  return searchPattern === 'END' ? phoneNumber.endsWith(pattern) : phoneNumber.includes(pattern);
}

/** Compares names as they are shown. `contains` does not mind the case. */
function isNamed(
  { displayName = '' }: ActiveNumber,
  { equals, contains }: NonNullable<Selection['displayName']>,
) {
  const name = sanitizeText(displayName);
  return (
    (equals === undefined || name === sanitizeText(equals)) &&
    (contains === undefined || name.toLowerCase().includes(sanitizeText(contains).toLowerCase()))
  );
}
