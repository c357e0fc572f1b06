import { isNumbersError, type NumbersError } from '../numbers/errors.ts';
import type { Logger } from '../numbers/log.ts';
import { sanitizeText } from '../numbers/sanitize.ts';
import type { GatedAction } from './action.ts';
import type { Limits } from './limits.ts';
import type { ConfirmedBy, GateResult, Stakes } from './outcome.ts';
import type { Settlement } from './settlement.ts';

interface Execution {
  readonly limits: Limits;
  readonly log: Logger;
}

/**
 * Carries a confirmed action out, once. A rent is counted before it is sent; the count is taken back if the
 * API turned it down.
 */
export async function execute<S extends Stakes>(
  action: GatedAction<S>,
  stakes: S,
  confirmedBy: ConfirmedBy,
  { limits, log }: Execution,
): Promise<GateResult> {
  const limit = action.rent && limits.reserve(action.rent(stakes));
  if (limit !== undefined) return refuseByLimit(limit, stakes);
  log.info(`${action.tool}: confirmed by ${confirmedBy}`);
  const refused = () => {
    if (action.rent) limits.giveBack();
  };
  return { ...(await send(action, log, refused)), confirmedBy, stakes };
}

/** @param refused is told that the API turned the request down */
async function send<S extends Stakes>(
  action: GatedAction<S>,
  log: Logger,
  refused: () => void,
): Promise<GateResult> {
  try {
    return { outcome: 'completed', message: 'Done.', number: await action.execute() };
  } catch (error) {
    if (!isNumbersError(error)) throw error;
    if (error.acted === 'no') {
      refused();
      return { outcome: 'not_executed', message: action.describe(error) };
    }
    log.warn(`${action.tool}: answer lost (${error.message}), reading the state`);
    return settled(await action.settle(error), error);
  }
}

function settled(settlement: Settlement, { message: reason }: NumbersError): GateResult {
  const lost = `The answer was lost (${sanitizeText(reason, 200)})`;
  const { outcome } = settlement;
  switch (outcome) {
    case 'completed': {
      const message = `Done. ${lost}, but ${settlement.evidence}.`;
      return { outcome, message, ...(settlement.number && { number: settlement.number }) };
    }
    case 'not_executed':
      return {
        outcome,
        message: `${lost}, and the state shows no effect of it. It was not repeated. Read the state once more before you ask the user anew.`,
      };
    case 'unknown':
      return {
        outcome,
        message: `${lost}, and the state does not show what happened. It was not repeated. Before anything else check ${settlement.check}.`,
      };
  }
}

/** Nothing was sent, and why. */
export function refuse(reason: string, stakes?: Stakes): GateResult {
  return { outcome: 'not_executed', message: `${reason} Nothing was sent.`, ...(stakes && { stakes }) };
}

export function refuseByLimit(limit: string, stakes: Stakes): GateResult {
  return refuse(`Refused by a limit of this server: ${limit}. Only the user can change it.`, stakes);
}
