/** Servers over TLS, whose certificate nobody trusts unless told to. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { onTestFinished } from 'vitest';

/** Self-signed, for localhost and 127.0.0.1, good until 2126; of no use outside these tests. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBxDCCAWmgAwIBAgIUaLAW530bIV7UlaWtxkpj4RuSpUYwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWc2luY2gtbnVtYmVycy1tY3AgdGVzdDAgFw0yNjExMjYwMzQx
NThaGA8yMTI2MTEwMjAzNDE1OFowITEfMB0GA1UEAwwWc2luY2gtbnVtYmVycy1t
Y3AgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABG1CPAyA8/Qt3aiBvBUj
ITBBXd4Ac16To5hFDLH79F/M4gRfd+6GcBuaeMjn33oBsMszqT5eHPjdjL7Rki5i
a/OjfTB7MB0GA1UdDgQWBBRKBtnpeKqIs98du4hrFWIHgKhRSjAfBgNVHSMEGDAW
gBRKBtnpeKqIs98du4hrFWIHgKhRSjAoBgNVHREEITAfgglsb2NhbGhvc3SCDG51
bWJlcnMudGVzdIcEfwAAATAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kA
MEYCIQCrN7Mk9ZnW4AmKjDQg5M8CDjMgRfAGY/JA57E9CwxAPQIhAIIKtIQkczrF
JmQ92ZUwc4icCTEncDDG1fX1so+YMebK
-----END CERTIFICATE-----
`;

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglY4ok515VgwTwqrH
kxNnzhS6BggFxMV88pk7vW5wrJuhRANCAARtQjwMgPP0Ld2ogbwVIyEwQV3eAHNe
k6OYRQyx+/RfzOIEX3fuhnAbmnjI5996AbDLM6k+Xhz43Yy+0ZIuYmvz
-----END PRIVATE KEY-----
`;

/** @returns its origin */
export async function serveTls(listener: RequestListener): Promise<string> {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, listener);
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
