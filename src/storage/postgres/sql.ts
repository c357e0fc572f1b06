/** A statement, or a part of one, with the values that it holds. They never become part of its text. */
export interface Sql {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}

/** A statement from a template. A value that is itself a part of a statement is put in its place. */
export function sql(template: TemplateStringsArray, ...inserted: readonly unknown[]): Sql {
  const strings = [template[0] ?? ''];
  const values: unknown[] = [];
  const append = (text = '') => strings.push(`${strings.pop()}${text}`);
  inserted.forEach((value, index) => {
    if (isSql(value)) {
      append(value.strings[0]);
      strings.push(...value.strings.slice(1));
      values.push(...value.values);
      append(template[index + 1]);
    } else {
      values.push(value);
      strings.push(template[index + 1] ?? '');
    }
  });
  return { strings, values };
}

function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && 'strings' in value && 'values' in value;
}

/** The text of a statement as the server takes it, e.g. `select $1`. */
export function textOf({ strings }: Sql): string {
  return strings.reduce((text, part, index) => `${text}$${index}${part}`);
}
