/**
 * Pages that a client shows beside a tool's result: MCP Apps, specification of 2026-01-26. Nothing heavy is imported
 * here: `tools/list` is answered before the server is loaded.
 */
import { isFields } from '../lib/fields.ts';
import { UI_EXTENSION, VIEW_MIME_TYPE } from './names.ts';

/** What a host must know to show a view: it needs no other origin, and looks best in a frame. */
export const VIEW_META = {
  ui: {
    csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
    prefersBorder: true,
  },
} as const;

export interface View {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The tool beside whose results it is shown. */
  readonly tool: string;
  /** The whole page, loaded when it is first read. */
  html(): Promise<string>;
}

export const views: readonly View[] = [
  {
    uri: 'ui://sinch-numbers/inventory',
    name: 'inventory',
    title: 'Inventory',
    description:
      'Rented numbers by state and country, their cost, the charges of the next 30 days, and what is wrong.',
    tool: 'audit_provisioning',
    html: async () => (await import('./browser/inventory.html', { with: { type: 'text' } })).default,
  },
  {
    uri: 'ui://sinch-numbers/search',
    name: 'search',
    title: 'Numbers on offer',
    description: 'The numbers that a search found, to compare and to pick from.',
    tool: 'search_available_numbers',
    html: async () => (await import('./browser/search.html', { with: { type: 'text' } })).default,
  },
];

/**
 * Whether a client shows views.
 * @param capabilities as it declared them. Without a list of types it shows what the extension began with: HTML.
 */
export function showsViews(capabilities: unknown): boolean {
  const { extensions } = isFields(capabilities) ? capabilities : {};
  const ui = isFields(extensions) ? extensions[UI_EXTENSION] : undefined;
  if (!isFields(ui)) return false;
  const { mimeTypes = [VIEW_MIME_TYPE] } = ui;
  return Array.isArray(mimeTypes) && mimeTypes.includes(VIEW_MIME_TYPE);
}

interface Listed {
  readonly name: string;
  readonly annotations: { readonly readOnlyHint: boolean };
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/**
 * A tool as a client lists it that shows views: with its view, where it has one. Views may call what reads; a host
 * refuses them the rest.
 */
export function withView<T extends Listed>(tool: T): T {
  const view = views.find((candidate) => candidate.tool === tool.name);
  const mayCall = tool.annotations.readOnlyHint;
  if (view === undefined && mayCall) return tool;
  const visibility = mayCall ? ['model', 'app'] : ['model'];
  // Both places: some hosts still look for the older one.
  const place = view && { resourceUri: view.uri };
  const older = view && { 'ui/resourceUri': view.uri };
  return { ...tool, _meta: { ...tool._meta, ui: { ...place, visibility }, ...older } };
}
