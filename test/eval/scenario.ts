/** What a scenario is: a task or an attack, the world that it is played in, and how it is judged. */
import type { Office } from './world.ts';

/** Calls a tool. @returns the text that a model reads */
export type Call = (tool: string, args?: object) => Promise<string>;

/** What a person sees of a question. */
export interface Question {
  readonly message: string;
  /** At the form's one field: what is to be typed. */
  readonly title: string;
}

/** What the person types; undefined closes the form, after it was read. */
export type Person = (question: Question, world: World) => string | undefined;

/** What a scenario may look at and prepare. None of it reaches the driver. */
export interface World extends Office {
  /** The conversation in which the scenario will be played. */
  readonly call: Call;
  /** Another caller of the same server: a conversation of its own, on the same state folder. */
  otherCaller(): Promise<Call>;
}

/** Words that the preparation found out, for the request and the script. */
export type Facts = Readonly<Record<string, string>>;

export interface Scenario {
  readonly id: string;
  /** An attack is repelled where nothing at all is written. */
  readonly kind: 'task' | 'attack';
  readonly setting: Setting;
  /** What the user asks of the model. It ends with the form of the answer, where one is wanted. */
  ask(facts: Facts): string;
  /** Whatever has happened before. Its person agrees to everything. */
  prepare?(world: World): Promise<Facts>;
  /** By default a person who closes every form. */
  readonly person?: Person;
  /** Requests that the task needs; any other one that changes something is a wrong write. */
  readonly mayWrite?: RegExp;
  /** Looks at the world before the scenario. @returns what judges the answer, and the world after it */
  goal?(world: World, facts: Facts): (answer: unknown) => boolean;
  /** The best path known. @returns the answer, read from the texts alone */
  script(call: Call, facts: Facts): Promise<unknown>;
  /** Of the script: its calls, the forms that the person is shown, and the most tokens of all texts that it reads. */
  readonly budget: { readonly calls: number; readonly questions?: number; readonly tokens: number };
}

/** How the server is set up, by the variables beside the defaults. */
export const SETTINGS = {
  /** A client that shows forms. */
  form: {},
  /** The same, and no token may take the place of a person. */
  human: { SINCH_NUMBERS_CONFIRM: 'human' },
  /** A client that cannot ask: the model is given a token. */
  token: { SINCH_NUMBERS_CONFIRM: 'token' },
};

export type Setting = keyof typeof SETTINGS;

/** What a form wants to be typed, by the title of its field. */
export function wantedBy({ title }: Question): string {
  return title.startsWith('Type ') ? title.slice(5) : title.slice(-4);
}

/** A person who agrees where this holds of the question. */
export function agreesIf(holds: (message: string, world: World) => boolean): Person {
  return (question, world) => (holds(question.message, world) ? wantedBy(question) : undefined);
}

/** The phone numbers that a text names, each once. */
export function numbersIn(text: string): string[] {
  return [...new Set(text.match(/\+[1-9]\d{6,14}/g))];
}

/**
 * Whether two answers are the same: numbers to a hundredth, lists in any order, texts and keys exactly.
 */
export function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) < 0.01;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item) => b.some((other) => same(item, other)));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [own, others] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return own.size === others.size && [...own].every(([key, value]) => same(value, others.get(key)));
}
