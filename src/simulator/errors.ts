/** An error answer of the simulated API: status and body as the real API sends them. */
export class SimulatedError extends Error {
  override readonly name = 'SimulatedError';

  constructor(
    readonly status: 400 | 401 | 403 | 404 | 413,
    readonly body: object,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`answer ${status}`);
  }
}

function envelope(code: number, status: string, message: string, details: readonly object[]): object {
  return { error: { code, message, status, details } };
}

/** An enum value that does not exist. */
export function invalidEnum(field: string, value: unknown): SimulatedError {
  return invalidArgument(`parsing field "${field}": "${String(value)}" is not a valid value`);
}

/** A malformed request that no single field is to blame for. */
export function invalidArgument(message: string): SimulatedError {
  return new SimulatedError(400, envelope(400, 'INVALID_ARGUMENT', message, []));
}

export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** A field that breaks a rule. */
export function fieldViolation(field: string, description: string): SimulatedError {
  return fieldViolations([{ field, description }]);
}

/** Fields that break rules. The message is empty, as it often is in life. */
export function fieldViolations(violations: readonly Violation[]): SimulatedError {
  const details = [{ type: 'BadRequest', fieldViolations: violations }];
  return new SimulatedError(400, envelope(400, 'INVALID_ARGUMENT', '', details));
}

type ResourceType =
  | 'ActiveNumber'
  | 'AvailableNumber'
  | 'CallbackConfiguration'
  | 'EmergencyAddress'
  | 'NumberOrder'
  | 'NumberOrderAttachment'
  | 'NumberProduct';

export function notFound(resourceType: ResourceType, resourceName: string, message = ''): SimulatedError {
  const details = [{ type: 'ResourceInfo', resourceType, resourceName, owner: '', description: message }];
  return new SimulatedError(404, envelope(404, 'NOT_FOUND', message, details));
}

/** A file that is larger than what is taken. */
export function contentTooLarge(resourceName: string, message: string): SimulatedError {
  const details = [{ type: 'ResourceInfo', resourceName, description: message }];
  return new SimulatedError(413, envelope(413, 'CONTENT_TOO_LARGE', message, details));
}

/** The key has no access to this project. */
export function permissionDenied(): SimulatedError {
  return new SimulatedError(403, envelope(403, 'PERMISSION_DENIED', '', []));
}

/** Credentials that are missing, wrong or (with `expired`) out of date. */
export function unauthenticated(reason: 'missing' | 'invalid' | 'expired'): SimulatedError {
  if (reason === 'expired') {
    return new SimulatedError(
      401,
      { error: 'token expired' },
      { 'www-authenticate': 'Bearer realm="sinch", error="invalid_token", error_description="expired"' },
    );
  }
  const message = reason === 'missing' ? 'Missing credentials' : 'Invalid credentials';
  return new SimulatedError(401, envelope(401, 'UNAUTHENTICATED', message, []), {
    'www-authenticate': 'Bearer realm="sinch"',
  });
}

/** No such method on this path. */
export function unknownRoute(): SimulatedError {
  return new SimulatedError(404, envelope(404, 'NOT_FOUND', 'Not Found', []));
}
