/** What a person lets their client do, in scopes of OAuth. */
import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Effect } from '../api/operations/operation.ts';
import type { ToolDefinition } from '../tools/definitions.ts';
import { tools } from '../tools/index.ts';

const SCOPE_OF: Readonly<Record<Effect, string>> = {
  read: 'numbers:read',
  write: 'numbers:write',
  billing: 'numbers:spend',
  destructive: 'numbers:spend',
};
const READING = ['resources/read', 'resources/subscribe', 'completion/complete'];

/** The scope that a tool needs; undefined where there is no such tool. */
export function scopeOfTool(name: unknown): string | undefined {
  const tool = tools.find((candidate) => candidate.name === name);
  return tool && SCOPE_OF[tool.effect];
}

/** The scope that a request needs; undefined where it needs none. */
export function scopeOfRequest({ method, params }: JSONRPCRequest): string | undefined {
  if (method === 'tools/call') return scopeOfTool(params?.name);
  return READING.includes(method) ? SCOPE_OF.read : undefined;
}

/** The tools that scopes allow. @param scopes undefined where nobody signs in, and all are allowed */
export function allowedTools(
  offered: readonly ToolDefinition[],
  scopes: readonly string[] | undefined,
): readonly ToolDefinition[] {
  return scopes ? offered.filter(({ name }) => scopes.includes(scopeOfTool(name) ?? '')) : offered;
}

/** The scopes that these tools need, and resources, which are always there; each once. */
export function scopesFor(offered: readonly ToolDefinition[]): readonly string[] {
  const needed = [SCOPE_OF.read, ...offered.map(({ name }) => scopeOfTool(name))];
  return [...new Set(Object.values(SCOPE_OF))].filter((scope) => needed.includes(scope));
}
