import { isLoopback } from '../lib/loopback.ts';
import { sanitizeText } from '../lib/sanitize.ts';

/** This many hosts are named. */
const MAX_HOSTS = 3;

/**
 * What speaks against a callback URL, as a sentence; undefined where nothing does.
 * @param url as somebody wrote it
 */
export function callbackUrlWarning(url: string): string | undefined {
  return callbackUrlNotes([url])[0];
}

/** One line for each thing that is wrong with some of these callback URLs. */
export function callbackUrlNotes(urls: readonly string[]): string[] {
  const distinct = [...new Set(urls)];
  const parsed = distinct.flatMap((url) => (URL.canParse(url) ? [new URL(url)] : []));
  const unreachable = parsed.filter(({ hostname }) => isLoopback(hostname) || isPrivate(hostname));
  const plain = parsed.filter((url) => url.protocol === 'http:' && !unreachable.includes(url));
  return [
    ...(unreachable.length > 0
      ? [`Sinch cannot reach ${hosts(unreachable)}: callbacks come from the same machine or network alone.`]
      : []),
    ...(plain.length > 0
      ? [`Callbacks to ${hosts(plain)} go over plain http: others can read and change them. Use https.`]
      : []),
  ];
}

function hosts(urls: readonly URL[]): string {
  const names = [...new Set(urls.map(({ hostname }) => sanitizeText(hostname, 80)))];
  const more = names.length - MAX_HOSTS;
  return `${names.slice(0, MAX_HOSTS).join(', ')}${more > 0 ? ` and ${more} more hosts` : ''}`;
}

/** A name without a domain, or an address or domain that no public network leads to (RFC 1918, 3927, 4193, 6762). */
function isPrivate(host: string): boolean {
  return /^(?:[^.[]+|(?:10|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\..*|\[f[cd].*|\[fe80:.*|.*\.(?:local|internal))$/.test(
    host,
  );
}
