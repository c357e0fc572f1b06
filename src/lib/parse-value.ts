/** Parsers of environment values. Each takes a value and throws an Error that says what it must be. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { isConfidential } from './loopback.ts';

export function matching(pattern: RegExp, what: string): (value: string) => string {
  return (value) => {
    if (!pattern.test(value)) throw new Error(what);
    return value;
  };
}

export function oneOf<const T extends string>(values: readonly T[]): (value: string) => T {
  return (value) => {
    const known = values.find((candidate) => candidate === value);
    if (known === undefined) throw new Error(`one of ${values.join(', ')}`);
    return known;
  };
}

export function listOf<T>(parse: (value: string) => T): (value: string) => T[] {
  return (value) => value.split(',').map((item) => parse(item.trim()));
}

/** A program and its arguments; what holds spaces stands in quotes. There is no shell that would read anything else. */
export function words(value: string): string[] {
  const word = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;
  if (/\S/.test(value.replace(word, ''))) throw new Error('a command, with quotes that close');
  return (value.match(word) ?? []).map((quoted) => quoted.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

export function path(value: string): string {
  return resolve(value.replace(/^~(?=[\\/]|$)/, homedir()));
}

export function origin(value: string): string {
  const form = 'an origin such as https://numbers.api.sinch.com (http only to 127.0.0.1, ::1 or localhost)';
  if (!URL.canParse(value)) throw new Error(form);
  const url = new URL(value);
  if (!isConfidential(value) || url.href !== `${url.origin}/`) throw new Error(form);
  return url.origin;
}

/** An origin that others reach, behind a proxy or not. */
export function publicOrigin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!isWeb || url.href !== `${url.origin}/`)
    throw new Error('an origin such as https://numbers.example.com');
  return url.origin;
}

/** What a driver of PostgreSQL takes; the host may stand in the query, where it is a socket. */
export function postgresUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  if (!isPostgres || (url.hostname === '' && !url.searchParams.has('host')) || url.pathname.length < 2)
    throw new Error(
      'the URL of a PostgreSQL database, such as postgres://user:password@db.example.com/numbers',
    );
  return value;
}

/** An identifier of an issuer of tokens (RFC 8414), as it is written. */
export function issuer(value: string): string {
  const form = 'the URL of an authorization server such as https://login.example.com (http only to loopback)';
  if (!URL.canParse(value)) throw new Error(form);
  const { search, hash, username, password } = new URL(value);
  if (!isConfidential(value) || `${search}${hash}${username}${password}` !== '') throw new Error(form);
  return value;
}

export function port(value: string): number {
  const number = Number(matching(/^\d{1,5}$/, 'a port from 0 to 65535')(value));
  if (number > 65_535) throw new Error('a port from 0 to 65535');
  return number;
}
