import type { ApiProblem, FieldViolation, ResourceInfo } from './errors.ts';

/**
 * Reads an error body in any of the shapes that the API and its gateway use:
 * `{error: {code, message, status, details}}` with or without the outer `error`, `{error: "text",
 * error_description}`, and the RFC 9457 form `{type, title, detail, errors}`. Never throws.
 */
export function parseProblem(body: unknown): ApiProblem {
  const outer = record(body);
  const envelope = Object.keys(record(outer.error)).length > 0 ? record(outer.error) : outer;
  const details = list(envelope.details);
  return {
    ...optional('apiStatus', text(envelope.status) ?? problemType(envelope.type)),
    ...optional(
      'message',
      sentence(envelope) ?? details.map(({ description }) => text(description)).find(Boolean),
    ),
    ...optional('resource', details.map(resourceInfo).find(Boolean)),
    violations: [
      ...details.flatMap((detail) => list(detail.fieldViolations)).map(violation),
      ...rfc9457(envelope),
    ],
  };
}

function sentence(envelope: Fields): string | undefined {
  const parts = [
    text(envelope.message),
    text(envelope.title),
    text(envelope.detail),
    text(envelope.error),
    text(envelope.error_description),
  ];
  return parts.filter(Boolean).join(': ') || undefined;
}

/** The last segment of a problem type URI, e.g. `access-token-expired`. */
function problemType(type: unknown): string | undefined {
  return text(type)?.split('/').at(-1) || undefined;
}

function violation(item: Fields): FieldViolation {
  return { field: text(item.field) ?? '', description: text(item.description) ?? '' };
}

function rfc9457(envelope: Fields): FieldViolation[] {
  const errors = Array.isArray(envelope.errors) ? envelope.errors : [];
  return errors.map((item: unknown) => ({
    field: text(record(item).pointer) ?? '',
    description: text(item) ?? text(record(item).detail) ?? '',
  }));
}

function resourceInfo(detail: Fields): ResourceInfo | undefined {
  const type = text(detail.resourceType);
  const name = text(detail.resourceName);
  return (type ?? name) ? { type: type ?? 'resource', name: name ?? '' } : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
