/** What a person is asked, and what must be typed for a yes. */
export interface Question {
  /** What will be done, in a line. */
  readonly headline: string;
  /** What it costs and changes. */
  readonly facts: readonly Fact[];
  /** The one field of the form. */
  readonly field: string;
  readonly title: string;
  readonly description: string;
  /** The only answer that is a yes. */
  readonly answer: string;
  /** The numbers that it is about, where these are several. A page shows them all. */
  readonly items?: readonly Item[];
}

/** One of several numbers that a question is about. */
export interface Item {
  readonly phoneNumber: string;
  /** What is special about it, e.g. `0.80 EUR a month`. */
  readonly detail: string;
  /** What it has in common with others, e.g. `US LOCAL`. */
  readonly group: string;
}

/** A text shows this many of several numbers. */
export const ITEMS_IN_TEXT = 20;

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The question in lines. */
export function questionText({ headline, facts, items = [] }: Question): string {
  const shown = items
    .slice(0, ITEMS_IN_TEXT)
    .map(({ phoneNumber, detail }) => `${phoneNumber} ${detail}`.trim());
  const more = items.length - shown.length;
  return [
    headline,
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...shown,
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}

/** The field of a form that wants a verb and a count, e.g. `RENT 5`. */
export function verbAndCount(verb: string, count: number) {
  const answer = `${verb} ${count}`;
  return {
    field: 'typed',
    title: `Type ${answer}`,
    description: `Type ${answer} in capitals to go ahead. Anything else does nothing.`,
    answer,
  };
}

/** The field of a form that wants a number's last four digits. */
export function lastFourDigits(phoneNumber: string, verb: string) {
  return {
    field: 'lastFourDigits',
    title: `Last four digits of ${phoneNumber}`,
    description: `Type them to ${verb}. Anything else does nothing.`,
    answer: phoneNumber.slice(-4),
  };
}
