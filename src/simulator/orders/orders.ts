import type { Fields } from '../../lib/fields.ts';
import type { CallbackSender } from '../callbacks.ts';
import type { SimulatorClock } from '../clock.ts';
import { fieldViolation, fieldViolations, invalidArgument, notFound } from '../errors.ts';
import {
  BLOCKED_MS,
  FAILED_UPLOAD_MARK,
  RESERVED_MS,
  REVIEW_LOGS,
  REVIEW_MARKS,
  REVIEW_MS,
} from '../invented.ts';
import type { Project } from '../project.ts';
import { type Random, ulid } from '../random.ts';
import type { OrderRecord, OrderState } from './model.ts';
import { textsOf, violationsOf } from './registration.ts';
import type { OrderRequest, UploadedFile } from './requests.ts';
import { requirementsOf } from './requirements.ts';
import { reserve } from './reserve.ts';

/** The orders of one project. Throws SimulatedError where the API answers an error. */
export interface Orders {
  /** Reserves numbers until the order expires. */
  create(request: OrderRequest): OrderRecord;
  get(id: string): OrderRecord;
  /** Replaces what was registered, if it meets the requirements. */
  register(id: string, details: Fields): OrderRecord;
  /** The order, if a file can be uploaded for this requirement now. */
  awaitingFile(id: string, attachmentId: string): OrderRecord;
  /** Replaces what was uploaded for this requirement. */
  upload(id: string, attachmentId: string, file: UploadedFile): void;
  /** Hands the order to the review. */
  submit(id: string): OrderRecord;
}

interface OrdersOptions {
  readonly clock: SimulatorClock;
  readonly callbacks: CallbackSender;
  readonly random: Random;
  readonly project: Project;
}

export function createOrders({ clock, callbacks, random, project }: OrdersOptions): Orders {
  const orders = new Map<string, OrderRecord>();

  function move(order: OrderRecord, state: Exclude<OrderState, 'CREATED'>): void {
    order.state = state;
    order.moves++;
    order.updatedAt = clock.now();
    callbacks.send(order.configuration.callbackUrl ?? '', {
      resourceType: 'NUMBER_ORDER',
      resourceId: order.id,
      eventType: 'NUMBER_ORDER_PROCESSING',
      status: state,
      failureCode: null,
      internalFailureCode: null,
    });
  }

  /** Does something later, unless the order has moved on by then. */
  function later(order: OrderRecord, ms: number, task: () => void): void {
    const { moves } = order;
    clock.after(ms, () => {
      if (order.moves === moves) task();
    });
  }

  function end(order: OrderRecord, state: 'REJECTED' | 'EXPIRED'): void {
    for (const { phoneNumber } of order.numbers) project.giveBack(phoneNumber);
    move(order, state);
  }

  function note(order: OrderRecord, message: string): void {
    order.logs.push({ message, at: clock.now() });
  }

  /** What the review comes to is written in the registration. */
  function decide(order: OrderRecord): void {
    const texts = [...textsOf(order.details)];
    const mark = REVIEW_MARKS.find((it) => texts.some((text) => text.includes(it)));
    if (mark === 'STUCK') return;
    if (mark === undefined) {
      move(order, 'COMPLETED');
      for (const number of order.numbers) project.activate(number, order.configuration);
      return;
    }
    if (mark !== 'EXPIRED') note(order, REVIEW_LOGS[mark]);
    if (mark !== 'BLOCKED') {
      end(order, mark);
      return;
    }
    move(order, mark);
    later(order, BLOCKED_MS, () => {
      note(order, REVIEW_LOGS.UNANSWERED);
      end(order, 'REJECTED');
    });
  }

  function get(id: string): OrderRecord {
    const order = orders.get(id);
    if (order === undefined) throw notFound('NumberOrder', id);
    return order;
  }

  /** An order that can still be changed. */
  function open(id: string): OrderRecord {
    const order = get(id);
    if (order.state === 'CREATED' || order.state === 'BLOCKED') return order;
    throw invalidArgument(`Number order is ${order.state}`);
  }

  function awaitingFile(id: string, attachmentId: string): OrderRecord {
    const order = open(id);
    const isAsked = order.requirements?.attachments.some((it) => it.id === attachmentId);
    if (!isAsked) throw notFound('NumberOrderAttachment', attachmentId);
    return order;
  }

  return {
    get,
    awaitingFile,

    create(request) {
      const { regionCode, numberType, configuration } = request;
      const requirements = requirementsOf(regionCode, numberType);
      const isRegulated = requirements?.form !== undefined;
      const reservedMs = isRegulated ? RESERVED_MS.regulated : RESERVED_MS.free;
      const now = clock.now();
      const order: OrderRecord = {
        numbers: reserve(project, request),
        id: ulid(now, random),
        regionCode,
        numberType,
        configuration,
        requirements,
        createdAt: now,
        updatedAt: now,
        state: 'CREATED',
        moves: 0,
        expiresAt: now + reservedMs,
        details: {},
        uploads: new Map(),
        logs: [],
      };
      orders.set(order.id, order);
      later(order, reservedMs, () => end(order, 'EXPIRED'));
      return order;
    },

    register(id, details) {
      const order = open(id);
      const violations = order.requirements ? violationsOf(order.requirements, details) : [];
      if (violations.length > 0) throw fieldViolations(violations);
      order.details = details;
      order.updatedAt = clock.now();
      return order;
    },

    upload(id, attachmentId, { fileName, mimeType, documentType }) {
      const order = awaitingFile(id, attachmentId);
      const rule = order.requirements?.attachments.find((it) => it.id === attachmentId);
      requireOneOf('file', mimeType, rule?.allowedMimeTypes);
      requireOneOf('documentType', documentType ?? '', rule?.allowedDocumentTypes);
      const status = fileName.includes(FAILED_UPLOAD_MARK) ? 'FAILED' : 'COMPLETED';
      order.uploads.set(attachmentId, { fileName, mimeType, documentType, status, at: clock.now() });
      order.updatedAt = clock.now();
    },

    submit(id) {
      const order = open(id);
      const { requirements, details, uploads } = order;
      const missing = (requirements?.attachments ?? [])
        .filter((it) => it.mandatory && uploads.get(it.id)?.status !== 'COMPLETED')
        .map((it) => ({ field: `attachments.${it.id}`, description: `${it.title} is required` }));
      const violations = [...(requirements ? violationsOf(requirements, details) : []), ...missing];
      if (violations.length > 0) throw fieldViolations(violations);
      order.expiresAt = undefined;
      move(order, 'IN_REVIEW');
      later(order, REVIEW_MS, () => decide(order));
      return order;
    },
  };
}

/** An empty list allows everything. */
function requireOneOf(field: string, value: string, allowed: readonly string[] = []): void {
  if (allowed.length === 0 || allowed.includes(value)) return;
  throw fieldViolation(field, `Must be one of ${allowed.join(', ')}`);
}
