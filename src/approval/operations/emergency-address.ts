/** Where help goes when a number calls 911: setting it and taking it away. Addresses are written down nowhere. */
import { ADDRESS_PARTS, type Address, addressOf, addressText } from '../../api/address.ts';
import type { NumbersClient } from '../../api/client.ts';
import { isNotFound } from '../../api/errors.ts';
import { kindOf, quote, word } from '../../api/format.ts';
import { emergencyOperations } from '../../api/operations/emergency.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { ValidateAddressResponse } from '../../api/schemas/emergency.ts';
import { MAX_ID } from '../../api/schemas/numbers.ts';
import type { Signal } from '../../lib/signal.ts';
import type { GatedOperation } from '../operation.ts';
import { type Fact, lastFourDigits } from '../question.ts';
import { readUntilClear } from '../reconcile.ts';
import { showId } from '../showable.ts';

type Fingerprint = (value: unknown) => string;
type ProvisionInput = OperationInput<typeof emergencyOperations.provisionEmergencyAddress>;
type DeprovisionInput = OperationInput<typeof emergencyOperations.deprovisionEmergencyAddress>;

interface AddressStakes {
  readonly [key: string]: unknown;
  readonly phoneNumber: string;
  /** Its kind and name, e.g. `US LOCAL "Atlanta office"`. */
  readonly number: string;
  readonly from?: Address;
}

interface ProvisionStakes extends AddressStakes {
  readonly result: string;
  /** What the address is corrected to, where it is. */
  readonly corrected?: Address;
}

/** @param fingerprint tells addresses apart without writing them down */
export function provisionEmergencyAddress(
  fingerprint: Fingerprint,
): GatedOperation<ProvisionInput, ProvisionStakes> {
  return {
    tool: 'provision_emergency_address',
    operation: emergencyOperations.provisionEmergencyAddress,
    async quote(input, { numbers, signal }) {
      const { phoneNumber } = input;
      const number = await readNumber(numbers, phoneNumber, signal);
      const from = await readAddress(numbers, phoneNumber, signal);
      const check = sanitize(await numbers.call(emergencyOperations.validateEmergencyAddress, input, signal));
      const result = check.validationResult ?? 'an unknown result';
      if (result === 'NO_MATCH') return { refusal: noMatch(check) };
      const corrected = result === 'NEAR_MATCH' ? addressOf(check.correctedAddress ?? {}) : {};
      return {
        stakes: {
          ...{ phoneNumber, number, result },
          ...(from && { from }),
          to: fingerprint(addressOf(input.address)),
          ...(Object.keys(corrected).length > 0 && { corrected }),
        },
      };
    },
    terms: ({ phoneNumber, result, from, to, corrected }) => ({
      ...{ phoneNumber, result, to },
      ...(from && { from: fingerprint(from) }),
      ...(corrected && { corrected: fingerprint(corrected) }),
    }),
    shown: ({ phoneNumber, result }) => ({ phoneNumber, validationResult: result }),
    recorded: ({ phoneNumber }) => ({ phoneNumber }),
    question: (input, stakes) => ({
      headline: `Set where help goes when ${input.phoneNumber} (${stakes.number}) calls 911.`,
      facts: provisionFacts(input, stakes),
      ...lastFourDigits(input.phoneNumber, 'set the emergency address'),
    }),
    phoneNumber: ({ phoneNumber }) => phoneNumber,
    send: async (input, { numbers, signal }) => ({
      emergencyAddress: await numbers.call(emergencyOperations.provisionEmergencyAddress, input, signal),
    }),
    reconcile(
      { arguments: { phoneNumber: own }, terms: { from, to, corrected }, error },
      { numbers, clock },
    ) {
      const phoneNumber = String(own);
      const check = `get_emergency_address ${phoneNumber}: compare it with the address that was to be set`;
      return readUntilClear(clock, error, check, async (signal) => {
        const address = await readAddress(numbers, phoneNumber, signal);
        const now = address && fingerprint(address);
        // Where it was there before, only the name of the caller is new, and that is never told.
        if (from !== undefined && [to, corrected].includes(from)) return 'unclear';
        const isNew = from === undefined && now !== undefined;
        if (isNew || (now !== undefined && [to, corrected].includes(now))) {
          return { outcome: 'completed', evidence: 'the address is set', emergencyAddress: address };
        }
        return now === from ? 'as before' : 'unclear';
      });
    },
  };
}

/** @param fingerprint tells addresses apart without writing them down */
export function deprovisionEmergencyAddress(
  fingerprint: Fingerprint,
): GatedOperation<DeprovisionInput, AddressStakes> {
  return {
    tool: 'deprovision_emergency_address',
    operation: emergencyOperations.deprovisionEmergencyAddress,
    async quote({ phoneNumber }, { numbers, signal }) {
      const number = await readNumber(numbers, phoneNumber, signal);
      const from = await readAddress(numbers, phoneNumber, signal);
      if (from !== undefined) return { stakes: { phoneNumber, number, from } };
      return { refusal: `${phoneNumber} has no emergency address: there is nothing to take away.` };
    },
    terms: ({ phoneNumber, from }) => ({ phoneNumber, from: fingerprint(from) }),
    shown: ({ phoneNumber }) => ({ phoneNumber }),
    question: ({ phoneNumber }, { number, from = {} }) => ({
      headline: `Take away the emergency address of ${phoneNumber} (${number}).`,
      facts: [
        { label: 'Address now', value: quote(addressText(from), MAX_TEXT) },
        { label: 'Afterwards', value: 'when it calls 911, nobody is told where help has to go' },
      ],
      ...lastFourDigits(phoneNumber, 'take the address away'),
    }),
    phoneNumber: ({ phoneNumber }) => phoneNumber,
    async send(input, { numbers, signal }) {
      await numbers.call(emergencyOperations.deprovisionEmergencyAddress, input, signal);
      return {};
    },
    reconcile({ arguments: { phoneNumber: own }, error }, { numbers, clock }) {
      const phoneNumber = String(own);
      const check = `get_emergency_address ${phoneNumber}: where there is none, it is taken away`;
      return readUntilClear(clock, error, check, async (signal) => {
        const address = await readAddress(numbers, phoneNumber, signal);
        return address ? 'as before' : { outcome: 'completed', evidence: 'the number has no address now' };
      });
    },
  };
}

/** What a person agrees to is shown whole: an address has seven parts of {@link MAX_ID} characters. */
const MAX_TEXT = 8 * MAX_ID;

async function readNumber(numbers: NumbersClient, phoneNumber: string, signal: Signal): Promise<string> {
  const number = sanitize(await numbers.call(operations.getActiveNumber, { phoneNumber }, signal));
  return [kindOf(number), number.displayName && quote(number.displayName)].filter(Boolean).join(' ');
}

/** The address that is set; undefined where there is none. */
async function readAddress(
  numbers: NumbersClient,
  phoneNumber: string,
  signal: Signal,
): Promise<Address | undefined> {
  try {
    return addressOf(await numbers.call(emergencyOperations.getEmergencyAddress, { phoneNumber }, signal));
  } catch (error) {
    if (!isNotFound(error) || error.problem.resource?.type !== 'EmergencyAddress') throw error;
    return undefined;
  }
}

function noMatch({ validationMessage, candidateAddresses }: ValidateAddressResponse): string {
  const candidates = candidateAddresses.map((it) => quote(addressText(it), MAX_TEXT));
  const offered =
    candidates.length > 0
      ? ` Possible: ${candidates.join('; ')}. Ask the user which one it is; never choose for them.`
      : ' Ask the user to look at it again.';
  return `There is no such address (${quote(validationMessage ?? 'NO_MATCH', 200)}).${offered}`;
}

/** @throws {InvalidRequestError} where a part of the address cannot be shown whole */
function provisionFacts({ displayName, address }: ProvisionInput, stakes: ProvisionStakes): Fact[] {
  for (const name of ADDRESS_PARTS) if (address[name] !== undefined) showId(`address.${name}`, address[name]);
  const { from, corrected, result } = stakes;
  return [
    { label: 'Address', value: quote(addressText(address), MAX_TEXT) },
    ...(corrected
      ? [{ label: 'Corrected by Sinch to', value: quote(addressText(corrected), MAX_TEXT) }]
      : [{ label: 'Validation', value: word(result) }]),
    { label: 'Caller', value: showId('displayName', displayName) },
    { label: 'Address now', value: addressNow(from, corrected ?? addressOf(address)) },
    { label: 'Cost', value: 'Sinch publishes no price for this; it may be charged' },
  ];
}

function addressNow(from: Address | undefined, to: Address): string {
  if (from === undefined) return 'none';
  return addressText(from) === addressText(to)
    ? 'the same; only the caller changes'
    : quote(addressText(from), MAX_TEXT);
}
