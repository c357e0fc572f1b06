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
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The question in lines. */
export function questionText({ headline, facts }: Question): string {
  return [headline, ...facts.map(({ label, value }) => `${label}: ${value}`)].join('\n');
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
