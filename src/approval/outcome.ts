import * as z from 'zod';
import { emergencyAddress } from '../api/schemas/emergency.ts';
import { activeNumber, callbackConfiguration } from '../api/schemas/numbers.ts';
import { numberOrder } from '../api/schemas/orders.ts';

/**
 * What became of a gated call. `completed`: done. `confirmation_required`: nothing sent, a person's answer is
 * awaited. `declined`: nothing sent, there was no yes. `not_executed`: refused or failed, and nothing happened at
 * the API. `unknown`: sent, and even reading the state does not tell what came of it.
 */
const OUTCOMES = ['completed', 'confirmation_required', 'declined', 'not_executed', 'unknown'] as const;

/** By which way a yes came. */
export const CONFIRMED_BY = ['elicitation', 'link', 'page', 'token'] as const;

/** The structured result of a tool that may have to ask (design: "The gate"). */
export const gateResult = z.looseObject({
  outcome: z.enum(OUTCOMES),
  message: z.string(),
  confirmedBy: z.enum(CONFIRMED_BY).optional(),
  confirmation: z.looseObject({ token: z.string(), expiresAt: z.string() }).optional(),
  stakes: z.looseObject({}).optional(),
  number: activeNumber.optional(),
  callbackConfiguration: callbackConfiguration.optional(),
});

/** What an operation on orders or addresses answers besides. */
export const orderResult = gateResult.extend({ order: numberOrder.optional() });
export const addressResult = gateResult.extend({ emergencyAddress: emergencyAddress.optional() });

export type GateResult = z.output<typeof gateResult> &
  Pick<z.output<typeof orderResult>, 'order'> &
  Pick<z.output<typeof addressResult>, 'emergencyAddress'>;
export type ConfirmedBy = NonNullable<GateResult['confirmedBy']>;

/** What a yes is about: prices and configuration of a rent, or what is cut off. */
export type Stakes = Readonly<Record<string, unknown>>;

/** What the API answered to a request that was sent. */
export type Done = Pick<GateResult, 'number' | 'callbackConfiguration' | 'order' | 'emergencyAddress'>;

/** What came of a request that was sent. */
export type Sent = GateResult & { readonly outcome: 'completed' | 'not_executed' | 'unknown' };
