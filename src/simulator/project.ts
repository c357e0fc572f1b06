import type { CallbackSender } from './callbacks.ts';
import type { SimulatorClock } from './clock.ts';
import { fieldViolation, invalidArgument, notFound } from './errors.ts';
import { POOLS, REGION_NAMES } from './invented.ts';
import { type ActiveRecord, newRecord, type VoiceTarget, voiceId } from './model.ts';
import { type AvailableNumber, createOffers, type Offers } from './offers.ts';
import { type Cursor, compare, encodeCursor, indexAfter, type OrderBy } from './paging.ts';
import { createProvisioning } from './provisioning.ts';
import { type Configuration, requireLinks } from './requests.ts';
import { type NumberFilter, patternMatches, poolMatches } from './stock.ts';
import { nextChargeAt } from './wire.ts';

/** Rules of the real API that are not known for certain; each can be had either way. */
export interface Policies {
  /** Linking a number that is linked to another plan or campaign: refused (the documented rule) or scheduled. */
  readonly relink: 'reject' | 'schedule';
  /** Renting by number: any region and type, or US LOCAL only as newer accounts allow. */
  readonly rent: 'any' | 'us-local';
}

interface Page {
  readonly records: readonly ActiveRecord[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** The state of one project and what can be done with it. Throws SimulatedError where the API answers an error. */
export interface Project extends Offers {
  rent(phoneNumber: string, configuration: Configuration): ActiveRecord;
  rentAny(filter: NumberFilter, configuration: Configuration): ActiveRecord;
  /** Makes a number ours at the price that was agreed, however it came to be bought. */
  activate(bought: AvailableNumber, configuration: Configuration): ActiveRecord;
  list(filter: NumberFilter, orderBy: OrderBy, pageSize: number, cursor: Cursor | undefined): Page;
  get(phoneNumber: string): ActiveRecord;
  update(phoneNumber: string, displayName: string | undefined, configuration: Configuration): ActiveRecord;
  release(phoneNumber: string): ActiveRecord;
  regions(types: readonly string[]): object[];
  /** Puts a rented number in place as it is: how a project is seeded. */
  add(record: ActiveRecord): void;
}

export function createProject(clock: SimulatorClock, callbacks: CallbackSender, policies: Policies): Project {
  const active = new Map<string, ActiveRecord>();
  const offers = createOffers();
  const provisioning = createProvisioning(clock, callbacks);
  let sorted: Partial<Record<OrderBy, ActiveRecord[]>> = {};
  let totals = new Map<string, number>();

  /** To be called when numbers come, go or change their name. */
  function changed(): void {
    sorted = {};
    totals = new Map();
  }

  function add(record: ActiveRecord): void {
    active.set(record.phoneNumber, record);
    offers.take(record.phoneNumber);
    if (record.expireAt !== undefined) scheduleExpiry(record, record.expireAt);
    changed();
  }

  function scheduleExpiry(record: ActiveRecord, expireAt: number): void {
    clock.after(expireAt - clock.now(), () => {
      provisioning.unlinkSms(record);
      provisioning.unlinkVoice(record);
      active.delete(record.phoneNumber);
      changed();
    });
  }

  function get(phoneNumber: string): ActiveRecord {
    const record = active.get(phoneNumber);
    if (record === undefined) throw notFound('ActiveNumber', phoneNumber);
    return record;
  }

  function activate(
    { phoneNumber, pool }: AvailableNumber,
    { sms, voice, callbackUrl = '' }: Configuration,
  ): ActiveRecord {
    const record = newRecord(phoneNumber, pool, clock.now());
    record.callbackUrl = callbackUrl;
    add(record);
    if (sms?.servicePlanId) provisioning.linkSms(record, sms.servicePlanId, sms.campaignId ?? '');
    if (voice) provisioning.linkVoice(record, voice);
    return record;
  }

  function rent(phoneNumber: string, configuration: Configuration): ActiveRecord {
    const offer = offers.check(phoneNumber);
    if (policies.rent === 'us-local') requireUsLocal(offer.pool.regionCode, offer.pool.type);
    requireLinks(configuration);
    return activate(offer, configuration);
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
    ...offers,
    add,
    get,
    rent,
    activate,

    rentAny(filter, configuration) {
      requireUsLocal(filter.regionCode, filter.type);
      const [offer] = offers.search(filter, 1);
      if (offer === undefined) throw notFound('AvailableNumber', '');
      return rent(offer.phoneNumber, configuration);
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
        record.expireAt = nextChargeAt(record, clock.now());
        provisioning.dropVoiceJob(record);
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
