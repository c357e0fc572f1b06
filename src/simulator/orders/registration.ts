import { type Fields, isFields } from '../../lib/fields.ts';
import type { Violation } from '../errors.ts';
import type { FieldRule, Requirements, Rules } from './requirements.ts';

const DATA = 'requestDetails.data';

/** What a registration breaks of the requirements, field by field. */
export function violationsOf({ form }: Requirements, { data }: Fields): Violation[] {
  if (form === undefined) return [];
  if ('part' in form) return ofPart(form.part, data, DATA);
  const values: readonly unknown[] = Array.isArray(data) ? data : [];
  return form.parts.flatMap((rules, index) => {
    const place = `${DATA}[${index}]`;
    if (index > 0) return ofPart(rules, values[index], place);
    const [first] = values;
    const list: readonly unknown[] = Array.isArray(first) && first.length > 0 ? first : [undefined];
    return list.flatMap((value, position) => ofPart(rules, value, `${place}[${position}]`));
  });
}

function ofPart(rules: Rules, value: unknown, place: string): Violation[] {
  const fields: Fields = isFields(value) ? value : {};
  return Object.entries(rules).flatMap(([name, rule]) => {
    const description = faultOf(rule, fields[name] ?? '');
    return description === undefined ? [] : [{ field: `${place}.${name}`, description }];
  });
}

function faultOf(rule: FieldRule, value: unknown): string | undefined {
  const { type, required = false, maxLength = Number.POSITIVE_INFINITY, pattern, allowed } = rule;
  if (value === '') return required ? 'Is required' : undefined;
  if (typeof value !== type) return `Must be a ${type}`;
  if (typeof value !== 'string') return required && value !== true ? 'Must be true' : undefined;
  if (value.length > maxLength) return `Must have at most ${maxLength} characters`;
  if (allowed && !allowed.includes(value)) return `Must be one of ${allowed.join(', ')}`;
  if (pattern && !new RegExp(`^${pattern}$`).test(value)) return `Must match ${pattern}`;
  return undefined;
}

/** Every text of a registration, however deep. */
export function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) yield* textsOf(inner);
}
