import { fieldViolation } from '../errors.ts';
import type { AvailableNumber, Offers } from '../offers.ts';
import type { OrderRequest } from './requests.ts';

/**
 * Takes the numbers of an order off the offer: all of them, or none.
 * @throws {SimulatedError} 400 where there are not enough
 */
export function reserve(offers: Offers, request: OrderRequest): AvailableNumber[] {
  const numbers = find(offers, request);
  for (const { phoneNumber } of numbers) offers.take(phoneNumber);
  return numbers;
}

function find(offers: Offers, { regionCode, numberType, wanted }: OrderRequest): AvailableNumber[] {
  if ('phoneNumber' in wanted) {
    const { phoneNumber } = wanted;
    const filter = {
      regionCode,
      type: numberType,
      capabilities: [],
      pattern: phoneNumber,
      searchPattern: 'START',
    };
    const found = offers.search(filter, 1).filter((offer) => offer.phoneNumber === phoneNumber);
    if (found.length === 1) return found;
    const what = `${phoneNumber} is not an available ${regionCode} ${numberType} number`;
    throw fieldViolation('numberOrderOption.phoneNumbers', what);
  }
  const { count, filter, sequential } = wanted;
  const found = sequential
    ? consecutive(offers.search(filter, Number.POSITIVE_INFINITY), count)
    : offers.search(filter, count);
  if (found.length === count) return found;
  const what = `Not so many ${sequential ? 'consecutive ' : ''}numbers available`;
  throw fieldViolation('quantityOrderOption.requestedQuantity', what);
}

/** The first so many numbers in a row; fewer where there is no such row. */
function consecutive(offered: AvailableNumber[], count: number): AvailableNumber[] {
  offered.sort((a, b) => Number(a.phoneNumber) - Number(b.phoneNumber));
  let row: AvailableNumber[] = [];
  for (const offer of offered) {
    const follows = Number(row.at(-1)?.phoneNumber) + 1 === Number(offer.phoneNumber);
    row = follows ? [...row, offer] : [offer];
    if (row.length === count) break;
  }
  return row;
}
