import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a body was signed with a secret: lower-case hex of HMAC-SHA1 over the raw bytes, as Sinch signs its
 * callbacks. Takes the same time wherever the two differ.
 * @param signature the X-Sinch-Signature header
 */
export function isSignedWith(secret: string, body: Uint8Array, signature: string): boolean {
  const expected = createHmac('sha1', secret).update(body).digest();
  const given = Buffer.from(signature, 'hex');
  return isSignature(signature) && given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether a header can be a signature at all. */
export function isSignature(header: string | undefined): header is string {
  return header !== undefined && /^[0-9a-f]{40}$/i.test(header);
}
