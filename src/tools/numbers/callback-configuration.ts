import { presentCallbackConfiguration } from '../../api/mask-secret.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { CallbackConfiguration } from '../../api/schemas/numbers.ts';
import { CALLBACK_CONFIGURATION_URI } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool, operationTool } from '../tool.ts';

export const getCallbackConfiguration = operationTool({
  name: 'get_callback_configuration',
  title: 'Get callback configuration',
  description:
    "Read the project's callback configuration: the secret that signs callbacks, masked. Callback URLs belong to numbers: get_active_number.",
  operation: operations.getCallbackConfiguration,
  async handler(input, { numbers, signal }) {
    const answer = presentCallbackConfiguration(
      await numbers.call(operations.getCallbackConfiguration, input, signal),
    );
    return { text: secretLine(answer), structured: answer, hints: unsignedHints(answer) };
  },
});

export const updateCallbackConfiguration = gatedTool({
  name: 'update_callback_configuration',
  title: 'Update callback configuration',
  description:
    "Replace the secret that signs the project's callbacks. Asks the user first. Every receiver needs the new one, or refuses them. Callback URLs belong to numbers: update_active_number.",
  operation: operations.updateCallbackConfiguration,
  async handler({ confirmationToken, ...input }, { operations: gated, confirm, callbacks }) {
    const answer = await confirm(gated.updateCallbackConfiguration, input, confirmationToken);
    const { outcome, callbackConfiguration } = answer.result;
    if (outcome === 'completed' && input.hmacSecret !== undefined) callbacks.secretChanged(input.hmacSecret);
    const told = gatedResult(answer, () => [CALLBACK_CONFIGURATION_URI]);
    const secret = callbackConfiguration ? ` ${secretLine(callbackConfiguration)}` : '';
    const hints = callbackConfiguration ? unsignedHints(callbackConfiguration) : [];
    return { ...told, text: `${told.text}${secret}`, hints };
  },
});

function unsignedHints(configuration: CallbackConfiguration): string[] {
  return configuration.hmacSecret === undefined ? [secretLine(configuration)] : [];
}

function secretLine({ hmacSecret }: CallbackConfiguration): string {
  return hmacSecret === undefined
    ? 'No secret is set: callbacks are not signed.'
    : `Callbacks are signed with the secret ${hmacSecret}.`;
}
