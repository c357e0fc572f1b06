import type { CallbackSender } from './callbacks.ts';
import type { SimulatorClock } from './clock.ts';
import { fieldViolation, invalidArgument, notFound } from './errors.ts';
import { POOLS, type Pool, REGION_NAMES } from './invented.ts';
import { type ActiveRecord, newRecord, type VoiceTarget, voiceId } from './model.ts';
import { type Cursor, compare, encodeCursor, indexAfter, type OrderBy } from './paging.ts';
import { createProvisioning } from './provisioning.ts';
import type { Configuration } from './requests.ts';
import { type NumberFilter, patternMatches, poolMatches, STOCK } from './stock.ts';
import { nextChargeAt } from './wire.ts';

/** Rules of the real API that are not known for certain; each can be had either way. */
export interface Policies {
  /** Linking a number that is linked to another plan or campaign: refused (the documented rule) or scheduled. */
  readonly relink: 'reject' | 'schedule';
  /** Renting by number: any region and type, or US LOCAL only as newer accounts are told. */
  readonly rent: 'any' | 'us-local';
}

export interface AvailableNumber {
  readonly phoneNumber: string;
  readonly pool: Pool;
}

export interface Page {
  readonly records: readonly ActiveRecord[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** The state of one project and what can be done with it. Throws SimulatedError where the API answers an error. */
export interface Project {
  search(filter: NumberFilter, size: number): AvailableNumber[];
  check(phoneNumber: string): AvailableNumber;
  rent(phoneNumber: string, configuration: Configuration): ActiveRecord;
  rentAny(filter: NumberFilter, configuration: Configuration): ActiveRecord;
  list(filter: NumberFilter, orderBy: OrderBy, pageSize: number, cursor: Cursor | undefined): Page;
  get(phoneNumber: string): ActiveRecord;
  update(phoneNumber: string, displayName: string | undefined, configuration: Configuration): ActiveRecord;
  release(phoneNumber: string): ActiveRecord;
  regions(types: readonly string[]): object[];
  /** Puts a rented number in place as it is: how a project is seeded. */
  add(record: ActiveRecord): void;
  /** Makes a number on offer unavailable, as if another customer had rented it. */
  take(phoneNumber: string): void;
  /** Changes what numbers of a region and type cost from now on; amounts as decimal strings. */
  setPrice(regionCode: string, type: string, price: string, setupPrice?: string): void;
}

export function createProject(clock: SimulatorClock, callbacks: CallbackSender, policies: Policies): Project {
  const active = new Map<string, ActiveRecord>();
  const taken = new Set<string>();
  const prices = new Map<Pool, Pool>();
  const provisioning = createProvisioning(clock, callbacks);
  let sorted: Partial<Record<OrderBy, ActiveRecord[]>> = {};
  let totals = new Map<string, number>();

  /** To be called when numbers come, go or change their name. */
  function changed(): void {
    sorted = {};
    totals = new Map();
  }

  const isFree = (phoneNumber: string) => !taken.has(phoneNumber) && !active.has(phoneNumber);
  const priced = (pool: Pool) => prices.get(pool) ?? pool;

  function add(record: ActiveRecord): void {
    active.set(record.phoneNumber, record);
    if (record.expireAt !== undefined) scheduleExpiry(record, record.expireAt);
    changed();
  }

  function scheduleExpiry(record: ActiveRecord, expireAt: number): void {
    clock.after(expireAt - clock.now(), () => {
      provisioning.unlinkSms(record);
      provisioning.unlinkVoice(record);
      active.delete(record.phoneNumber);
      taken.add(record.phoneNumber);
      changed();
    });
  }

  function check(phoneNumber: string): AvailableNumber {
    const pool = STOCK.poolOf(phoneNumber);
    if (pool === undefined || !isFree(phoneNumber)) throw notFound('AvailableNumber', phoneNumber);
    return { phoneNumber, pool: priced(pool) };
  }

  function get(phoneNumber: string): ActiveRecord {
    const record = active.get(phoneNumber);
    if (record === undefined) throw notFound('ActiveNumber', phoneNumber);
    return record;
  }

  function rent(phoneNumber: string, configuration: Configuration): ActiveRecord {
    const { pool } = check(phoneNumber);
    if (policies.rent === 'us-local') requireUsLocal(pool.regionCode, pool.type);
    const { sms, voice } = configuration;
    if (sms && !sms.servicePlanId)
      throw fieldViolation('smsConfiguration.servicePlanId', 'Must not be empty');
    if (voice && !voiceId(voice)) throw fieldViolation('voiceConfiguration', 'Must not be empty');
    const record = newRecord(phoneNumber, pool, clock.now());
    record.callbackUrl = configuration.callbackUrl ?? '';
    add(record);
    if (sms?.servicePlanId) provisioning.linkSms(record, sms.servicePlanId, sms.campaignId ?? '');
    if (voice) provisioning.linkVoice(record, voice);
    return record;
  }

  /**
   * Checks the SMS part of an update. A field that is absent stays as it is; "" unlinks.
   * @returns what carries it out
   */
  function prepareSms(record: ActiveRecord, sms: NonNullable<Configuration['sms']>): () => void {
    const { campaignId = record.campaignId } = sms;
    const pending = record.smsJob?.servicePlanId ?? '';
    const servicePlanId = sms.servicePlanId ?? (record.servicePlanId || pending);
    if (servicePlanId === '' && sms.campaignId) {
      throw fieldViolation('smsConfiguration.servicePlanId', 'Must not be empty with a campaign');
    }
    if (servicePlanId === '') {
      return () => (sms.servicePlanId === '' ? provisioning.unlinkSms(record) : undefined);
    }
    if (servicePlanId === record.servicePlanId) {
      if (sms.campaignId === '') return () => provisioning.unlinkCampaign(record);
      if (campaignId === record.campaignId) return () => {};
    }
    if (policies.relink === 'reject') {
      requireUnlinked('smsConfiguration.servicePlanId', record.servicePlanId, servicePlanId);
      requireUnlinked('smsConfiguration.campaignId', record.campaignId, campaignId);
    }
    return () => provisioning.linkSms(record, servicePlanId, campaignId);
  }

  function updateVoice(record: ActiveRecord, voice: VoiceTarget): void {
    if (voiceId(voice) === '') provisioning.unlinkVoice(record);
    else if (voiceId(voice) !== voiceId(record.voice)) provisioning.linkVoice(record, voice);
  }

  return {
    add,
    check,
    get,
    rent,

    search: (filter, size) =>
      Array.from(first(STOCK.search(filter, isFree), size), (phoneNumber) => check(phoneNumber)),

    rentAny(filter, configuration) {
      requireUsLocal(filter.regionCode, filter.type);
      const [phoneNumber] = first(STOCK.search(filter, isFree), 1);
      if (phoneNumber === undefined) throw notFound('AvailableNumber', '');
      return rent(phoneNumber, configuration);
    },

    list(filter, orderBy, pageSize, cursor) {
      sorted[orderBy] ??= [...active.values()].sort((a, b) => compare(a, b, orderBy));
      const all = sorted[orderBy];
      const key = JSON.stringify(filter);
      const matches = (record: ActiveRecord) =>
        poolMatches(record.pool, filter) && patternMatches(record.phoneNumber, filter);
      const totalSize = totals.get(key) ?? all.filter(matches).length;
      totals.set(key, totalSize);

      const records: ActiveRecord[] = [];
      for (let index = cursor ? indexAfter(all, cursor) : 0; index < all.length; index++) {
        const record = all[index];
        if (record === undefined || !matches(record)) continue;
        if (records.length === pageSize) {
          const last = records[pageSize - 1] ?? record;
          const { displayName, phoneNumber } = last;
          return { records, nextPageToken: encodeCursor({ orderBy, displayName, phoneNumber }), totalSize };
        }
        records.push(record);
      }
      return { records, nextPageToken: '', totalSize };
    },

    update(phoneNumber, displayName, { sms, voice, callbackUrl }) {
      const record = get(phoneNumber);
      const applySms = sms && prepareSms(record, sms);
      if (displayName !== undefined) record.displayName = displayName;
      if (callbackUrl !== undefined) record.callbackUrl = callbackUrl;
      applySms?.();
      if (voice) updateVoice(record, voice);
      changed();
      return record;
    },

    release(phoneNumber) {
      const record = get(phoneNumber);
      if (record.expireAt === undefined) {
        record.expireAt = nextChargeAt(record, Math.max(clock.now(), record.rentedAt + 60_000));
        scheduleExpiry(record, record.expireAt);
      }
      return record;
    },

    regions: (types) =>
      Object.entries(REGION_NAMES).flatMap(([regionCode, regionName]) => {
        const offered = POOLS.filter((pool) => pool.regionCode === regionCode).map((pool) => pool.type);
        const wanted = types.length === 0 || offered.some((type) => types.includes(type));
        return wanted ? [{ regionCode, regionName, types: offered }] : [];
      }),

    take: (phoneNumber) => {
      taken.add(phoneNumber);
    },

    setPrice(regionCode, type, price, setupPrice) {
      for (const pool of POOLS.filter((it) => it.regionCode === regionCode && it.type === type)) {
        prices.set(pool, { ...pool, price, setupPrice: setupPrice ?? pool.setupPrice });
      }
    },
  };
}

function requireUsLocal(regionCode: string | undefined, type: string | undefined): void {
  if (regionCode !== 'US' || type !== 'LOCAL') {
    throw invalidArgument('Only US LOCAL numbers can be rented through this operation');
  }
}

function requireUnlinked(field: string, current: string, wanted: string): void {
  if (current !== '' && current !== wanted) {
    throw fieldViolation(field, `Number is linked to ${current}; unlink it before linking it to another`);
  }
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  if (count <= 0) return;
  for (const item of items) {
    yield item;
    if (++taken >= count) return;
  }
}
