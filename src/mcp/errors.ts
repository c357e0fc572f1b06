/** A JSON-RPC error, as the SDK sends it: its code and message. The SDK's own class prefixes the message. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly code: number,
    message: string,
    readonly data?: object,
  ) {
    super(message);
  }
}
