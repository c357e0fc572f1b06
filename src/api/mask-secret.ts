/** How API answers leave this process: foreign text made safe, the callback secret masked. */
import { sanitize } from './sanitize.ts';
import type { CallbackConfiguration } from './schemas/numbers.ts';

/** A secret as its last four characters behind a mask; of a short one, not even those. */
export function maskSecret(secret: string): string {
  return `****${secret.length > 8 ? secret.slice(-4) : ''}`;
}

/** The callback configuration with its secret masked. */
export function presentCallbackConfiguration(configuration: CallbackConfiguration): CallbackConfiguration {
  const { hmacSecret } = configuration;
  return sanitize({
    ...configuration,
    ...(hmacSecret !== undefined && { hmacSecret: maskSecret(hmacSecret) }),
  });
}
