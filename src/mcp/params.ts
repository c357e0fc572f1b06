/** What the params of each method must be, in words: zod's answer would be its own JSON. */
import { type Fields, isFields } from '../lib/fields.ts';
import { UI_EXTENSION } from '../views/names.ts';

/** Tells what a value must be instead; undefined where it is right. */
type Rule = (value: unknown, name: string) => string | undefined;

const text: Rule = (value, name) => (typeof value === 'string' ? undefined : `${name} must be a text`);

const optional =
  (rule: Rule): Rule =>
  (value, name) =>
    value === undefined ? undefined : rule(value, name);

/** An object with these members, and any other. */
const object =
  (members: Readonly<Record<string, Rule>> = {}): Rule =>
  (value, name) => {
    if (!isFields(value)) return `${name} must be an object`;
    for (const [member, rule] of Object.entries(members)) {
      const problem = rule(value[member], name === 'params' ? member : `${name}.${member}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

/** An object whose every member follows one rule. */
const record =
  (rule: Rule): Rule =>
  (value, name) =>
    isFields(value)
      ? object(Object.fromEntries(Object.keys(value).map((member) => [member, rule])))(value, name)
      : `${name} must be an object`;

const toolName: Rule = (value) => (typeof value === 'string' ? undefined : 'name must be the name of a tool');

/** Arguments without a key that schemas drop in silence. Walks without recursion: clients may nest as deep as they like. */
const toolArguments: Rule = (value, name) => {
  const left: unknown[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) return 'unknown: __proto__';
    for (const member of Object.values(next)) left.push(member);
  }
  return object()(value, name);
};

const reference: Rule = (value, name) =>
  object({ type: text })(value, name) ??
  (isFields(value) && value.type === 'ref/prompt'
    ? object({ name: text })(value, name)
    : isFields(value) && value.type === 'ref/resource'
      ? object({ uri: text })(value, name)
      : `${name}.type must be ref/prompt or ref/resource`);

const number: Rule = (value, name) => (typeof value === 'number' ? undefined : `${name} must be a number`);

/** As for the ID of a request. */
const token: Rule = (value, name) =>
  typeof value === 'string' || Number.isSafeInteger(value)
    ? undefined
    : `${name} must be a text or a whole number`;

const nothing = object();
const task = object({ ttl: optional(number) });
const meta = object({
  progressToken: optional(token),
  'io.modelcontextprotocol/related-task': optional(object({ taskId: text })),
});
const page = object({ cursor: optional(text) });
const resource = object({ uri: text });
const elicitation = object({ form: optional(object()), url: optional(object()) });

const envelope = object({ _meta: optional(meta) });

/** The methods that are served. */
const METHODS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [
    'initialize',
    object({
      protocolVersion: text,
      capabilities: (value, name) =>
        record(object())(value, name) ?? object({ elicitation: optional(elicitation) })(value, name),
      clientInfo: object({ name: text, version: text }),
    }),
  ],
  ['ping', nothing],
  ['tools/list', page],
  ['tools/call', object({ name: toolName, arguments: optional(toolArguments), task: optional(task) })],
  ['resources/list', page],
  ['resources/templates/list', page],
  ['resources/read', resource],
  ['resources/subscribe', resource],
  ['resources/unsubscribe', resource],
  ['prompts/list', page],
  ['prompts/get', object({ name: text, arguments: optional(record(text)) })],
  [
    'completion/complete',
    object({
      ref: reference,
      argument: object({ name: text, value: text }),
      context: optional(object({ arguments: optional(record(text)) })),
    }),
  ],
]);

/** Whether a method is served, or only known to other servers. */
export function isServed(method: unknown): boolean {
  return typeof method === 'string' && METHODS.has(method);
}

/** What is wrong with the params of a request; undefined where nothing is. */
export function paramsProblem(method: string, params: unknown = {}): string | undefined {
  return envelope(params, 'params') ?? METHODS.get(method)?.(params, 'params');
}

/** The params of `initialize` that the server uses. The SDK refuses the whole for a fault in the rest. */
export function essentialsOf({ protocolVersion, capabilities, clientInfo }: Fields): Fields {
  const { elicitation, extensions } = isFields(capabilities) ? capabilities : {};
  const { name, version } = isFields(clientInfo) ? clientInfo : {};
  const { form, url } = isFields(elicitation) ? elicitation : {};
  const { [UI_EXTENSION]: ui } = isFields(extensions) ? extensions : {};
  return {
    protocolVersion,
    capabilities: {
      ...(elicitation ? { elicitation: { ...(form ? { form: {} } : {}), ...(url ? { url: {} } : {}) } } : {}),
      ...(isFields(ui) && { extensions: { [UI_EXTENSION]: ui } }),
    },
    clientInfo: { name, version },
  };
}
