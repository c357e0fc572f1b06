import { maskSecret, presentCallbackConfiguration } from '../../api/mask-secret.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import type { GatedOperation } from '../operation.ts';
import { readUntilClear } from '../reconcile.ts';

type Input = OperationInput<typeof operations.updateCallbackConfiguration>;

/** The secrets, masked. */
interface SecretStakes {
  readonly [key: string]: unknown;
  readonly from?: string;
  readonly to: string;
}

/**
 * @param asks whether to ask: receivers that do not know the new secret refuse every callback
 */
export function updateCallbackConfiguration(asks: boolean): GatedOperation<Input, SecretStakes> {
  return {
    tool: 'update_callback_configuration',
    operation: operations.updateCallbackConfiguration,
    async quote({ hmacSecret = '' }, { numbers, signal }) {
      const { hmacSecret: current } = await numbers.call(operations.getCallbackConfiguration, {}, signal);
      const stakes = { ...(current && { from: maskSecret(current) }), to: maskSecret(hmacSecret) };
      return asks && current !== hmacSecret ? { stakes } : { harmless: stakes };
    },
    terms: ({ from, to }) => ({ from, to }),
    question: (_, { from, to }) => ({
      headline: 'Replace the secret that signs the callbacks of this project.',
      facts: [
        { label: 'Secret now', value: from ?? 'none: callbacks are not signed' },
        { label: 'New secret', value: to },
        {
          label: 'Will stop working',
          value: 'every receiver that does not know the new secret refuses callbacks',
        },
      ],
      field: 'confirm',
      title: 'Type REPLACE',
      description: 'Type REPLACE in capitals to replace the secret. Anything else replaces nothing.',
      answer: 'REPLACE',
    }),
    async send(input, { numbers, signal }) {
      const answer = await numbers.call(operations.updateCallbackConfiguration, input, signal);
      return { callbackConfiguration: presentCallbackConfiguration(answer) };
    },
    reconcile({ terms: { from, to }, error }, { numbers, clock }) {
      const check = 'get_callback_configuration: compare the last four characters of the secret';
      return readUntilClear(clock, error, check, async (signal) => {
        const answer = await numbers.call(operations.getCallbackConfiguration, {}, signal);
        const callbackConfiguration = presentCallbackConfiguration(answer);
        const { hmacSecret: now } = callbackConfiguration;
        if (now === to && from !== to) {
          return { outcome: 'completed', evidence: 'the new secret is set', callbackConfiguration };
        }
        return now === from && from !== to ? 'as before' : 'unclear';
      });
    },
  };
}
