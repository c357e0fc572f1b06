import { word } from '../api/format.ts';
import type { ActiveNumber } from '../api/schemas/numbers.ts';
import { explainProvisioningError } from './catalogue.ts';
import { smsFailureCodes, VOICE_FAILURE, voiceJob } from './diagnosis.ts';

/** One line for each failure among the numbers: what it means and what to do. */
export function failureNotes(numbers: readonly ActiveNumber[]): string[] {
  const hasVoiceFailed = numbers.some((number) => voiceJob(number)?.status === 'FAILED');
  return [
    ...explanations(numbers.flatMap(smsFailureCodes)),
    ...(hasVoiceFailed ? explanations([VOICE_FAILURE]) : []),
  ];
}

/** One line for each of these codes, once. */
export function explanations(codes: readonly string[]): string[] {
  return [...new Set(codes)].map((code) => {
    const { meaning, remedy } = explainProvisioningError(code);
    return `${word(code)}: ${meaning} ${remedy}`;
  });
}
