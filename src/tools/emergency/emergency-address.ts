import { addressOf, addressText } from '../../api/address.ts';
import { quote, word } from '../../api/format.ts';
import { emergencyOperations } from '../../api/operations/emergency.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { EmergencyAddress } from '../../api/schemas/emergency.ts';
import { addressResult } from '../../approval/outcome.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool, operationTool } from '../tool.ts';

const MAX_TEXT = 500;

export const getEmergencyAddress = operationTool({
  name: 'get_emergency_address',
  title: 'Get emergency address',
  description:
    'Emergency (911) address of a phone number: where help goes. To set it: provision_emergency_address.',
  operation: emergencyOperations.getEmergencyAddress,
  async handler(input, { numbers, signal }) {
    const address = await numbers.call(emergencyOperations.getEmergencyAddress, input, signal);
    return { text: `${input.phoneNumber}: ${shown(address)}`, structured: address };
  },
});

export const validateEmergencyAddress = operationTool({
  name: 'validate_emergency_address',
  title: 'Validate emergency address',
  description:
    'Check an emergency (911) address: whether help finds it, and how it is written. Changes nothing; before provision_emergency_address.',
  operation: emergencyOperations.validateEmergencyAddress,
  async handler(input, { numbers, signal }) {
    const answer = sanitize(await numbers.call(emergencyOperations.validateEmergencyAddress, input, signal));
    const { validationResult = 'UNKNOWN', validationMessage, correctedAddress, candidateAddresses } = answer;
    const said = validationMessage === undefined ? '' : ` (${quote(validationMessage, 200)})`;
    const corrected = validationResult === 'NEAR_MATCH' ? correctedAddress : undefined;
    const next = nextStep(validationResult, {
      ...input,
      address: corrected ? addressOf(corrected) : input.address,
    });
    const lines = [
      `${word(validationResult)}${said}: ${shown(input.address)}`,
      ...(corrected ? [`Written: ${shown(corrected)}`] : []),
      ...candidateAddresses.map(
        (address) => `Possible: ${shown(address)} ${JSON.stringify(addressOf(address))}`,
      ),
      next,
    ];
    return { text: lines.join('\n'), structured: answer, hints: [next] };
  },
});

export const provisionEmergencyAddress = gatedTool({
  name: 'provision_emergency_address',
  title: 'Set emergency address',
  description:
    'Set the emergency (911) address of a phone number: where help goes; may be charged. Asks the user first. A wrong address misleads help: take it from the user, validate_emergency_address first.',
  operation: emergencyOperations.provisionEmergencyAddress,
  output: addressResult,
  async handler({ confirmationToken, ...input }, { operations: gated, confirm }) {
    const answer = await confirm(gated.provisionEmergencyAddress, input, confirmationToken);
    const { text, ...result } = gatedResult(answer, () => []);
    const { emergencyAddress } = answer.result;
    return {
      ...result,
      text: emergencyAddress ? `${text}\n${input.phoneNumber}: ${shown(emergencyAddress)}` : text,
    };
  },
});

export const deprovisionEmergencyAddress = gatedTool({
  name: 'deprovision_emergency_address',
  title: 'Remove emergency address',
  description:
    'Remove the emergency (911) address of a phone number: help is then sent nowhere. Asks the user first. To change it: provision_emergency_address.',
  operation: emergencyOperations.deprovisionEmergencyAddress,
  handler: async ({ confirmationToken, ...input }, { operations: gated, confirm }) =>
    gatedResult(await confirm(gated.deprovisionEmergencyAddress, input, confirmationToken), () => []),
});

function shown(address: EmergencyAddress): string {
  return quote(addressText(address), MAX_TEXT);
}

function nextStep(result: string, call: object): string {
  return result === 'NO_MATCH'
    ? 'Next: ask the user which address is meant; never choose for them.'
    : `Next, if the user agrees: provision_emergency_address ${JSON.stringify(call)}.`;
}
