import { isUnderWay } from '../audit/diagnosis.ts';
import type { Approval } from '../storage/store.ts';
import type { BatchOperation } from './batch-operation.ts';
import { resultOf, type ShownStakes } from './batch-result.ts';
import type { Ran } from './batch-run.ts';
import type { BatchProgress, KeptResult } from './batch-subject.ts';
import type { ConfirmedBy } from './outcome.ts';

/** What a person has agreed to. */
export interface Approved {
  readonly approval: Approval;
  readonly stakes: ShownStakes;
}

/** Nothing was sent. */
export const NOTHING_RAN: Ran = {
  ...{ done: [], failed: [], unknown: [], notAttempted: [], ends: [] },
  ...{ isOutOfTime: false, isOpen: false },
};

/**
 * How far a batch has come, as reported to its caller.
 * @param ran what came of this call
 * @param before what came of earlier ones
 * @param approved undefined where nothing had to be asked
 */
export function reportOf(
  ran: Ran,
  before: BatchProgress,
  { tool, namesDone, receipt }: Pick<BatchOperation<object>, 'tool' | 'namesDone' | 'receipt'>,
  approved?: Approved,
): KeptResult {
  const done = [...before.done, ...ran.done];
  const phoneNumbers = done.map(({ phoneNumber }) => phoneNumber);
  const { message, ...counts } = resultOf({
    done: phoneNumbers,
    failed: [...before.failed, ...ran.failed],
    unknown: [...before.unknown, ...ran.unknown],
    skipped: before.skipped,
    notAttempted: ran.notAttempted,
    ends: ran.ends,
  });
  const goesOn = ran.isOutOfTime || ran.isOpen || before.isOpen;
  const until = approved && goesOn ? new Date(before.approvedUntil).toISOString() : undefined;
  const sentences = [
    message,
    receipt?.(done),
    ran.done.some(({ number }) => number && isUnderWay(number) && number.expireAt === undefined) &&
      'Some links are under way: wait_for_provisioning tells when they work.',
    ran.isOutOfTime && until !== undefined && `What is left stays approved until ${until}.`,
    goesOn && `Call ${tool} again with the same arguments to go on.`,
  ];
  return {
    ...counts,
    message: sentences.filter(Boolean).join(' '),
    ...(namesDone && phoneNumbers.length > 0 && { phoneNumbers }),
    ...(approved && { confirmedBy: approved.approval.channel as ConfirmedBy, stakes: approved.stakes }),
    ...(until !== undefined && { continuesUntil: until }),
  };
}
