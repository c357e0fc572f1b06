/** Dresses the page as the host is dressed. */
import type { McpUiHostContext } from '@modelcontextprotocol/ext-apps';
import { fieldsOf } from './fields.ts';
import { speak } from './format.ts';

/** The variables that the specification names. Any other could reach into this page's own style. */
const STYLE_VARIABLE = /^--(?:color|font|border|shadow)-[a-z0-9-]+$/;

/**
 * Takes over theme, style variables, language and safe area. Fonts are not loaded: this page asks no network.
 * @returns whether what is shown must be written anew, in another language or time
 */
export function applyContext({ theme, styles, locale, timeZone, safeAreaInsets }: McpUiHostContext): boolean {
  const { style, dataset } = document.documentElement;
  if (theme === 'light' || theme === 'dark') dataset.theme = theme;
  for (const [name, value] of Object.entries(fieldsOf(styles?.variables))) {
    if (STYLE_VARIABLE.test(name) && typeof value === 'string') style.setProperty(name, value);
  }
  for (const [side, inset] of Object.entries(fieldsOf(safeAreaInsets))) {
    if (Number.isFinite(inset)) style.setProperty(`--inset-${side}`, `${inset}px`);
  }
  return speak(locale, timeZone);
}
