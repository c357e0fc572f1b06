import type { Fields } from '../../lib/fields.ts';
import type { AvailableNumber } from '../offers.ts';
import type { Configuration } from '../requests.ts';
import type { Requirements } from './requirements.ts';

export type OrderState = 'CREATED' | 'IN_REVIEW' | 'BLOCKED' | 'COMPLETED' | 'REJECTED' | 'EXPIRED';

interface Upload {
  readonly fileName: string;
  readonly mimeType: string;
  readonly documentType: string | undefined;
  readonly status: 'COMPLETED' | 'FAILED';
  readonly at: number;
}

/** An order. Times are milliseconds since the epoch. */
export interface OrderRecord {
  readonly id: string;
  readonly regionCode: string;
  readonly numberType: string;
  /** Reserved at the price of that moment. */
  readonly numbers: readonly AvailableNumber[];
  /** What all its numbers are linked to once they are bought. */
  readonly configuration: Configuration;
  /** Undefined where nothing is on file for the region and type. */
  readonly requirements: Requirements | undefined;
  readonly createdAt: number;
  updatedAt: number;
  state: OrderState;
  /** How often the state has changed. */
  moves: number;
  /** Undefined once it was submitted. */
  expiresAt: number | undefined;
  /** What was registered; empty before that. */
  details: Fields;
  /** By the ID of what is asked for. */
  readonly uploads: Map<string, Upload>;
  readonly logs: { readonly message: string; readonly at: number }[];
}
