import * as z from 'zod';
import type { Effect } from '../api/operations/operation.ts';
import { isFields } from '../lib/fields.ts';
import { tools, toolsets } from './index.ts';
import { isLifted, SHARED } from './shared-members.ts';
import type { Tool } from './tool.ts';

const MAX_INT32 = 2 ** 31 - 1;

type JsonSchema = { readonly type: 'object' } & Readonly<Record<string, unknown>>;

/** A tool as clients list it. */
export interface ToolDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** Absent where a client is sent the text alone. */
  readonly outputSchema?: JsonSchema;
  readonly annotations: ReturnType<typeof annotations>;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** Claude Code then asks at every call, whatever its modes, rules and hooks allow (code.claude.com/docs/en/mcp). */
const ASKS_A_PERSON = { 'anthropic/requiresUserInteraction': true };

/** What clients list, in the order of {@link tools}. The build works out what is exported here, and leaves the rest. */
export const definitions: readonly ToolDefinition[] = tools.map((tool: Tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: jsonSchema(tool.input, 'input'),
  outputSchema: withHints(jsonSchema(tool.output, 'output')),
  annotations: annotations(tool.effect),
  ...(tool.isGated && { _meta: ASKS_A_PERSON }),
}));

/** The names of the tools of each toolset. */
export const toolsetNames: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries<readonly Tool[]>(toolsets).map(([toolset, own]) => [toolset, own.map(({ name }) => name)]),
);

/** All four hints, from the one thing they follow from. A write replaces what was there: that is destructive. */
function annotations(effect: Effect) {
  return {
    readOnlyHint: effect === 'read',
    destructiveHint: effect === 'destructive' || effect === 'write',
    idempotentHint: effect !== 'billing',
    openWorldHint: true,
  };
}

/** Any tool may say more than its answer, and what the rows of its list share beside them. */
function withHints({ properties, ...schema }: JsonSchema): JsonSchema {
  const own = isFields(properties) ? properties : {};
  const shared = { type: 'object', description: SHARED };
  const hints = { type: 'array', items: { type: 'string' } };
  return {
    ...schema,
    properties: { ...own, ...(Object.keys(own).some(isLifted) && { shared }), hints },
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, override: leaveOutTheObvious });
  return { ...rest, type: 'object' };
}

/** A caller knows without being told; the schemas hold it all the same. */
function leaveOutTheObvious({ jsonSchema: node }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // A format has a description, too.
  if (node.type === 'string' && node.description !== undefined) delete node.pattern;
  if (node.minLength === 1) delete node.minLength;
  if (node.minItems === 1) delete node.minItems;
  if (node.maximum === MAX_INT32) delete node.maximum;
}
