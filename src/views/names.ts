/** The names by which servers, hosts and views know each other. */

/** By this clients declare, in the `extensions` of their capabilities, that they show views. */
export const UI_EXTENSION = 'io.modelcontextprotocol/ui';
export const VIEW_MIME_TYPE = 'text/html;profile=mcp-app';

/** The member of a result's `_meta` that is for the view alone. */
export const VIEW_DATA = 'sinch-numbers/view';
