/**
 * What is known of clients that the protocol does not let them declare. Each row says where it is known from; none of
 * these clients was run for it. A client is known by the name that it gives in `initialize`.
 */

export interface KnownClient {
  /** How its name begins, in lower case: bridges append their own, e.g. `claude-code (via mcp-remote 0.1.37)`. */
  readonly name: string;
  readonly source: string;
}

/** These give the model the structured content of a result, alone or beside the text. */
export const STRUCTURED_TO_MODEL: readonly KnownClient[] = [
  { name: 'claude-code', source: 'https://github.com/anthropics/claude-code/issues/79944' },
  { name: 'codex-mcp-client', source: 'https://github.com/openai/codex/issues/38287' },
  { name: 'visual studio code', source: 'https://github.com/dondai44423/donsetch/issues/27' },
  // The structured content alone in May 2026, both in August.
  { name: 'github-copilot-developer', source: 'https://github.com/github/copilot-cli/issues/4515' },
];

/** These declare forms (elicitation) and show none. */
export const FORMS_UNSHOWN: readonly KnownClient[] = [
  { name: 'claude-ai', source: 'https://github.com/heznpc/AirMCP/pull/46' },
  { name: 'cursor-vscode', source: 'https://github.com/gleanwork/glean-plugins-vnext/pull/39' },
];

/** Whether a client is in a table. @param name as it calls itself */
export function isAmong(clients: readonly KnownClient[], name: string | undefined): boolean {
  const given = name?.toLowerCase();
  return given !== undefined && clients.some((client) => isNamed(given, client.name));
}

/** A longer name is another client's, unless a space or a parenthesis sets it apart. */
function isNamed(given: string, name: string): boolean {
  return given === name || given.startsWith(`${name} `) || given.startsWith(`${name}(`);
}
