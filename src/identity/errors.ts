/** The issuer cannot be asked, or does not offer what is needed. Nothing is known of the token then. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
}

/** A token that is not accepted. The message says why, and holds nothing of the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}
