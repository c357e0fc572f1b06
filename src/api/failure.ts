/** The one place where failures become words: what failed and why, then the next step. */

import { sanitizeText } from '../lib/sanitize.ts';
import { connectionCause, connectionStep, PROXY_CREDENTIALS } from './connection-failure.ts';
import {
  ApiError,
  AuthenticationError,
  CancelledError,
  ConnectionError,
  InvalidRequestError,
  MissingCredentialsError,
  type NumbersError,
  ProxyError,
  SecretError,
  UnexpectedResponseError,
} from './errors.ts';
import type { Effect } from './operations/operation.ts';

/** The call that failed. */
export interface FailedCall {
  readonly name: string;
  readonly effect: Effect;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Two lines for the agent: cause, next step. Holds no secret and no stack. */
export function describeFailure(error: NumbersError, call: FailedCall): string {
  return `${call.name} failed: ${causeOf(error)}\n${nextStep(error, call)}`;
}

/** One sentence: what failed and why. */
export function causeOf(error: NumbersError): string {
  if (error instanceof ApiError) return apiCause(error);
  if (error instanceof ConnectionError || error instanceof ProxyError) return `${connectionCause(error)}.`;
  if (error instanceof AuthenticationError) return authenticationCause(error);
  if (error instanceof MissingCredentialsError) return `${error.missing.join(', ')} not set.`;
  if (error instanceof UnexpectedResponseError) {
    return `the API's answer could not be used: ${sanitizeText(error.reason, 300)}.`;
  }
  return `${sanitizeText(error.message, 300)}.`;
}

function authenticationCause({ origin, reason, status, cause }: AuthenticationError): string {
  const why =
    cause instanceof ConnectionError || cause instanceof ProxyError
      ? connectionCause(cause)
      : sanitizeText(reason);
  return `signing in at ${origin} failed: ${status === undefined ? '' : `HTTP ${status}, `}${why}.`;
}

function apiCause({ status, problem }: ApiError): string {
  const { apiStatus, message, violations, resource } = problem;
  const about = resource && sanitizeText(`${resource.type} ${resource.name}`);
  const more = violations.length - MAX_VIOLATIONS;
  const parts = [
    message && sanitizeText(message, 300),
    ...violations
      .slice(0, MAX_VIOLATIONS)
      .map(({ field, description }) => sanitizeText(`${field}: ${description}`, 300)),
    more > 0 && `and ${more} more`,
    !message && about && (status === 404 ? `no ${about}` : about),
  ].filter(Boolean);
  const what = parts.join('; ') || REASONS[status] || (status < 400 ? REDIRECTED : 'the API gave no reason');
  return `HTTP ${status}${apiStatus ? ` ${sanitizeText(apiStatus)}` : ''}: ${what.replace(/\.$/, '')}.`;
}

/** More field violations than this are counted, not listed. */
const MAX_VIOLATIONS = 8;
const REDIRECTED = 'a redirect, so that SINCH_NUMBERS_URL is not the origin of the API';

/** For answers without a word of explanation. */
const REASONS: Readonly<Record<number, string>> = {
  401: 'the credentials were not accepted',
  403: 'this key may not do this in this project',
  407: 'a proxy before the API wants a user name and password',
  413: 'what was sent is larger than the API takes',
  429: 'too many requests',
  500: 'the API failed',
  502: 'a gateway before the API failed',
  503: 'the API is unavailable',
  504: 'the API did not answer its gateway in time',
};

function nextStep(error: NumbersError, call: FailedCall): string {
  if (error instanceof MissingCredentialsError) {
    return `Tell the user: set ${error.missing.join(', ')} in the env of this server in the MCP client's configuration (values from the Sinch dashboard, Access keys), and restart it. To try everything without an account, start it with --simulator, which needs none.`;
  }
  if (error instanceof SecretError) {
    return error.source === 'command'
      ? 'Tell the user: run that command by hand in a terminal, mend it, then call again. Nothing was sent.'
      : 'Tell the user: put the access key secret into that file, alone and readable by nobody else, then call again. Nothing was sent.';
  }
  if (error instanceof InvalidRequestError) return 'Correct the argument and call again. Nothing was sent.';
  if (error instanceof CancelledError) return 'Nothing was sent.';
  const mend = connectionStep(error instanceof AuthenticationError ? error.cause : error);
  if (mend !== undefined) return mend;
  if (error instanceof AuthenticationError) return authenticationStep(error);
  if (error instanceof ApiError && error.acted === 'no') return refusalStep(error, call);
  if (error instanceof UnexpectedResponseError && call.effect === 'read') {
    return 'Nothing was changed. If the answer was too large, ask for less (pageSize, size); else check that SINCH_NUMBERS_URL is the origin of the API.';
  }
  if (call.effect === 'read') return 'Nothing was changed. Try again in a moment.';
  if (error.acted === 'no')
    return 'Nothing was changed. Check the network and SINCH_NUMBERS_URL, then try again.';
  return lostStep(call);
}

/** What to look at where nobody knows whether a write was carried out. */
function lostStep({ name, input }: FailedCall): string {
  const { numberOrderId, phoneNumber } = input;
  if (typeof numberOrderId === 'string') {
    return `It may have been carried out all the same: get_number_order_registration ${JSON.stringify({ numberOrderId })} shows it. To call ${name} again is safe: what it sends replaces what was there.`;
  }
  const check = typeof phoneNumber === 'string' ? 'get_active_number' : 'get_callback_configuration';
  return `It may have been carried out all the same: check with ${check} before calling again.`;
}

function authenticationStep({ status }: AuthenticationError): string {
  if (status === 407) return PROXY_CREDENTIALS;
  return status === 400 || status === 401 || status === 403
    ? 'Tell the user: SINCH_KEY_ID and SINCH_KEY_SECRET are not a valid access key; compare them with the Sinch dashboard. Nothing was sent to the Numbers API.'
    : 'Try again in a moment. If it persists, tell the user to check the network and SINCH_AUTH_URL. Nothing was sent to the Numbers API.';
}

function refusalStep({ status, problem, retryAfterMs }: ApiError, call: FailedCall): string {
  switch (status) {
    case 400:
      return badRequestStep(call, problem.violations.length > 0);
    case 401:
      return 'Tell the user: the API does not accept SINCH_KEY_ID and SINCH_KEY_SECRET; compare them with the Sinch dashboard.';
    case 403:
      return 'Tell the user: check that the access key belongs to SINCH_PROJECT_ID. A trial account cannot rent or order numbers.';
    case 404:
      return notFoundStep(problem.resource?.type, call);
    case 407:
      return PROXY_CREDENTIALS;
    case 413:
      return 'Send less, or a smaller file. Nothing was changed.';
    case 429:
      return `Wait ${retryAfterMs === undefined ? 'a minute' : `${Math.ceil(retryAfterMs / 1000)} s`}, then call again.`;
    default:
      return 'Nothing was changed. Correct the call before repeating it.';
  }
}

function badRequestStep({ name, input }: FailedCall, hasViolations: boolean): string {
  if (name === 'update_active_number' && linksSms(input.smsConfiguration)) {
    return 'If the number is linked to another service plan or campaign, unlink it first, with two calls: (1) update_active_number with smsConfiguration {"servicePlanId": ""} (to change only the campaign: the same servicePlanId and "campaignId": ""), (2) this call again. SMS stops in between. get_active_number shows what is linked.';
  }
  if (name.startsWith('rent_')) {
    return `Correct the arguments. If they are in order: newer accounts can rent only US LOCAL numbers this way and order all others (${orderCalls(input)}), and a low balance is refused too. Nothing was rented.`;
  }
  const { numberOrderId } = input;
  if (name === 'create_number_order') {
    return 'Nothing was ordered. If the number is taken, or not so many are on offer, choose others with search_available_numbers; regionCode and numberType must be those of the number.';
  }
  if (typeof numberOrderId === 'string') {
    return hasViolations
      ? 'Correct the arguments: ask the user for what is wrong, then send the whole registration again with update_number_order_registration. The same order goes on.'
      : `Correct the arguments. If they are in order, the order may have moved on, or expired: get_number_order ${JSON.stringify({ numberOrderId })} shows where it stands.`;
  }
  return 'Correct the arguments and call again. Nothing was changed.';
}

/** How the number that could not be rented is ordered, or any one like it. */
export function orderCalls(input: FailedCall['input']): string {
  const { regionCode, type, phoneNumber, numberPattern, capabilities } = input;
  const product =
    typeof regionCode === 'string' && typeof type === 'string' ? { regionCode, numberType: type } : {};
  const option =
    typeof phoneNumber === 'string'
      ? { numberOrderOption: { phoneNumbers: [phoneNumber] } }
      : { quantityOrderOption: { requestedQuantity: 1, numberPattern, capabilities } };
  return `lookup_number_requirements ${JSON.stringify(product)}, then create_number_order ${JSON.stringify({ ...product, ...option })}`;
}

/** Whether a configuration asks for a link, not only to unlink. */
function linksSms(configuration: unknown): boolean {
  if (typeof configuration !== 'object' || configuration === null) return false;
  return Object.values(configuration).some((id) => id !== '');
}

function notFoundStep(resourceType: string | undefined, { input }: FailedCall): string {
  switch (resourceType) {
    case 'AvailableNumber':
      return 'It is rented already, maybe by this project (get_active_number), or not offered. Choose another with search_available_numbers.';
    case 'ActiveNumber':
      return 'This project does not rent it, or no longer. list_active_numbers shows what it rents.';
    case 'NumberOrder':
      return 'This project has no such order: list_number_orders shows those of this server. One that has ended may be gone.';
    case 'NumberOrderAttachment':
      return 'Take attachmentId from lookup_number_requirements, or from get_number_order_registration.';
    case 'EmergencyAddress':
      return 'It has no emergency address, or can have none: that takes a number linked to a SIP trunk (voiceConfiguration type EST), in the US or Canada. get_active_number shows its links.';
    default:
      return typeof input.phoneNumber === 'string'
        ? 'Check the number, and that SINCH_NUMBERS_URL is the origin of the Numbers API.'
        : 'Check SINCH_PROJECT_ID, and that SINCH_NUMBERS_URL is the origin of the Numbers API.';
  }
}
