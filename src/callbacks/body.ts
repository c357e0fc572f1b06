/**
 * Reads a request's body. Hono's own limit is of no use here: where the length is not told, it makes a new
 * Request of the adapter's, which Node refuses.
 * @returns undefined where it is larger than `most` bytes
 */
export async function readBody({ headers, body }: Request, most: number): Promise<Buffer | undefined> {
  if (Number(headers.get('content-length') ?? 0) > most) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
