import { word } from '../api/format.ts';
import type { ActiveNumber } from '../api/schemas/numbers.ts';
import { explainProvisioningError } from './catalogue.ts';
import { smsFailureCodes, voiceJob } from './diagnosis.ts';

/** The code that callbacks give to a failed voice link; the number itself carries none. */
const VOICE_FAILURE = 'PROVISIONING_TO_VOICE_PLATFORM_FAILED';

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
