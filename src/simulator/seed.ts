import { SMS_ERROR_CODES } from '../api/schemas/numbers.ts';
import { DISPLAY_NAMES, POOLS, type Pool, SITUATIONS } from './invented.ts';
import { type ActiveRecord, NO_VOICE, newRecord } from './model.ts';
import { HEX, type Random } from './random.ts';
import { numbersIn } from './stock.ts';
import { nextChargeAt } from './wire.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Rented numbers to start with: over all regions and types by weight, in every situation a number can be in,
 * with each error code in turn. None of them is on offer to be rented.
 * @param now milliseconds since the epoch; all times lie before it
 */
export function* seedNumbers(count: number, random: Random, now: number): Generator<ActiveRecord> {
  const plans = Array.from({ length: 3 }, () => random.text(HEX, 32));
  const campaigns = Array.from({ length: 3 }, () => `C${random.text('ABCDEFGHJKLMNPQRSTUVWXYZ23456789', 6)}`);
  const apps = Array.from({ length: 2 }, () => random.uuid());
  const pools = POOLS.filter(({ weight }) => weight > 0);
  const sources = new Map(pools.map((pool) => [pool, numbersIn(pool, pool.seeded, random.integer(10_000))]));
  const turns = pools.flatMap((pool) => Array<Pool>(pool.weight).fill(pool));

  for (let index = 0; index < count; index++) {
    const situation = SITUATIONS[index % SITUATIONS.length] ?? 'unlinked';
    const round = Math.floor(index / SITUATIONS.length);
    const code = situation === 'smsFailed' ? SMS_ERROR_CODES[round % SMS_ERROR_CODES.length] : undefined;
    const source = nextNumber(sources, code ? poolFor(code) : turns[(index * 7 + round * 3) % turns.length]);
    if (source === undefined) return;
    const { phoneNumber, pool } = source;
    const sms = pool.capability.includes('SMS');
    const servicePlanId = pick(plans, random);
    const onCampaign = pool.regionCode === 'US' && (pool.type === 'LOCAL' || code === 'TFN_NOT_ALLOWED');
    const campaignId = onCampaign ? pick(campaigns, random) : '';
    const voice = { ...NO_VOICE, appId: pick(apps, random) };
    const updatedAt = now - 30 * HOUR - random.integer(DAY);

    const record = newRecord(phoneNumber, pool, now - 3 * DAY - random.integer(300 * DAY));
    record.displayName = pick(DISPLAY_NAMES, random);

    if (sms && ['sms', 'both', 'releasing'].includes(situation)) {
      record.servicePlanId = servicePlanId;
      record.campaignId = campaignId;
    }
    if (situation === 'voice' || situation === 'both' || (!sms && situation === 'sms')) {
      record.voice = voice;
      record.voiceUpdatedAt = updatedAt;
    }
    if (code !== undefined) {
      record.smsJob = { servicePlanId, campaignId, status: 'FAILED', updatedAt, errorCodes: [code] };
    }
    if (sms && (situation === 'stuck' || situation === 'linking')) {
      const since = situation === 'stuck' ? updatedAt : now - random.integer(HOUR);
      record.smsJob = { servicePlanId, campaignId, status: 'IN_PROGRESS', updatedAt: since, errorCodes: [] };
    }
    if (situation === 'voiceFailed') record.voiceJob = { target: voice, status: 'FAILED', updatedAt };
    if (situation === 'releasing') record.expireAt = nextChargeAt(record, now);
    yield record;
  }
}

/** Where a code can occur: toll-free numbers are refused by campaigns, the others are about US LOCAL numbers. */
function poolFor(code: string): Pool | undefined {
  const type = code === 'TFN_NOT_ALLOWED' ? 'TOLL_FREE' : 'LOCAL';
  return POOLS.find((pool) => pool.regionCode === 'US' && pool.type === type);
}

/** The next unused number of this pool, or of the first pool that has any left. */
function nextNumber(
  sources: ReadonlyMap<Pool, Generator<string>>,
  preferred: Pool | undefined,
): { phoneNumber: string; pool: Pool } | undefined {
  for (const pool of [...(preferred ? [preferred] : []), ...POOLS]) {
    const next = sources.get(pool)?.next();
    if (next && !next.done) return { phoneNumber: next.value, pool };
  }
  return undefined;
}

function pick<T>(items: readonly [T, ...T[]] | readonly T[], random: Random): T {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}
