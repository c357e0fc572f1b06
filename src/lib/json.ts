/** Parses a text that may be no JSON at all, such as a proxy's HTML page or half a line: then undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
