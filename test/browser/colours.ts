/** Whether texts of a page can be read: the contrasts of WCAG 2. */
import type { Frame, Page } from 'playwright-core';
import * as z from 'zod';

const coloursOf = z.array(z.object({ text: z.string(), front: z.string(), back: z.string() }));

const TEXTS = 'h1, p, dt, dd, button, legend, label, li b, li span';

/** The colour of each text, and of what lies behind it. */
const readColoursOf = (texts: string) => `[...document.querySelectorAll('${texts}')].map((element) => {
  let behind = element;
  while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  return {
    text: element.textContent,
    front: getComputedStyle(element).color,
    back: getComputedStyle(behind).backgroundColor,
  };
})`;

/** The colours of every text on a page. @param texts a selector of what holds text */
export async function readColours(tab: Page | Frame, texts = TEXTS): Promise<z.output<typeof coloursOf>> {
  return coloursOf.parse(await tab.evaluate(readColoursOf(texts)));
}

/** The contrast ratio of WCAG 2. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The relative luminance of WCAG 2, of an opaque colour such as `rgb(1, 2, 3)`. */
export function luminance(colour: string): number {
  const channels = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour)?.slice(1);
  if (channels === undefined) throw new Error(`not an opaque colour: ${colour}`);
  const [red = 0, green = 0, blue = 0] = channels
    .map((channel) => Number(channel) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
