/** What keeps a connection from being made, and words for it. */
import { ConnectionError, ProxyError } from './errors.ts';

/** What is wrong with a certificate, by the codes of OpenSSL and Node. */
const CERTIFICATE_FAULTS: Readonly<Record<string, CertificateFault>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_HAS_EXPIRED: 'time',
  CERT_NOT_YET_VALID: 'time',
  ERR_TLS_CERT_ALTNAME_INVALID: 'host',
};

/** `untrusted`: its CA is unknown here. `time`: it is not valid now. `host`: it is another host's. */
export type CertificateFault = 'untrusted' | 'time' | 'host';

/** What is wrong with the certificate of whoever was to be connected to; undefined where it is something else. */
export function certificateFault(error: unknown): CertificateFault | undefined {
  const code =
    error instanceof ProxyError ? error.reason : error instanceof ConnectionError ? error.code : undefined;
  return code === undefined ? undefined : CERTIFICATE_FAULTS[code];
}

const CERTIFICATES: Readonly<Record<CertificateFault, { readonly cause: string; readonly step: string }>> = {
  untrusted: {
    cause: 'shows a certificate of a CA that Node.js does not know',
    step: 'Tell the user: if a company proxy or firewall inspects the traffic, set NODE_EXTRA_CA_CERTS to the PEM file of its CA certificate in the env of this server, and restart it.',
  },
  time: {
    cause: 'shows a certificate that is not valid now',
    step: 'Tell the user: check the clock of this machine. If it is right, whoever runs that address must renew its certificate.',
  },
  host: {
    cause: 'shows a certificate for another host',
    step: 'Tell the user: check SINCH_NUMBERS_URL and SINCH_AUTH_URL, or ask whoever runs that address.',
  },
};

/** Without a full stop, e.g. `no connection to https://numbers.api.sinch.com (ECONNREFUSED)`. */
export function connectionCause(error: ConnectionError | ProxyError): string {
  const code = error instanceof ProxyError ? error.reason : error.code;
  const peer = error instanceof ProxyError ? `the proxy ${error.origin}` : error.origin;
  if (error instanceof ProxyError && error.status !== undefined) {
    return error.status === 407
      ? `${peer} wants a user name and password, or others than it was given (HTTP 407)`
      : `${peer} opened no way to the API (HTTP ${error.status})`;
  }
  const fault = certificateFault(error);
  if (fault !== undefined) return `${peer} ${CERTIFICATES[fault].cause} (${code})`;
  return `${error.acted === 'no' ? 'no connection to' : 'the connection broke to'} ${peer} (${code})`;
}

/** What a person must mend; undefined where trying again may help. */
export function connectionStep(error: unknown): string | undefined {
  const fault = certificateFault(error);
  if (fault !== undefined) return `${CERTIFICATES[fault].step} Nothing was sent.`;
  if (!(error instanceof ProxyError)) return undefined;
  return error.status === 407
    ? PROXY_CREDENTIALS
    : "Tell the user: check HTTPS_PROXY and HTTP_PROXY in the env of this server, or put the API's host into NO_PROXY if it is reached without a proxy, and restart it. Nothing was sent.";
}

/** For a 407, whoever answers it. */
export const PROXY_CREDENTIALS =
  'Tell the user: put the user name and password of the proxy into HTTPS_PROXY in the env of this server, as http://user:password@host:port (percent-encoded), and restart it. Nothing was sent.';
