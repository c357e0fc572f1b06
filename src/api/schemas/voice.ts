/** Kinds of voice products, and which ID goes with which. */
import type * as z from 'zod';

export const VOICE_TYPES = ['RTC', 'EST', 'FAX'] as const;

/** The ID that goes with each kind of voice product. */
export const VOICE_ID_OF = { RTC: 'appId', EST: 'trunkId', FAX: 'serviceId' } as const;

/** One voice product at a time, named by the ID that its type goes with (OpenAPI 1.0.3 and Sinch's SDKs). */
export function checkVoice(
  voice: {
    type?: keyof typeof VOICE_ID_OF | undefined;
    appId?: unknown;
    trunkId?: unknown;
    serviceId?: unknown;
  },
  context: z.RefinementCtx,
): void {
  const type = voice.type ?? 'RTC';
  const wanted = VOICE_ID_OF[type];
  if (voice[wanted] === undefined) {
    context.addIssue({ code: 'custom', message: `type ${type} needs ${wanted}` });
  }
  for (const id of Object.values(VOICE_ID_OF)) {
    if (id !== wanted && voice[id] !== undefined) {
      context.addIssue({ code: 'custom', path: [id], message: `does not go with type ${type}` });
    }
  }
}
