/** The files of docs/deploy against the code that they run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { documentedVariables } from '../../src/environment.ts';

const textOf = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../docs/deploy/${name}`, import.meta.url)), 'utf8');

const compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({ environment: z.record(z.string(), z.string()).default({}) }),
  ),
});

const probe = z.object({ httpGet: z.object({ path: z.string() }) });
const manifest = z.looseObject({
  kind: z.string(),
  spec: z
    .looseObject({
      template: z
        .looseObject({
          spec: z.looseObject({
            containers: z.array(
              z.looseObject({
                name: z.string(),
                env: z.array(z.looseObject({ name: z.string() })).default([]),
                livenessProbe: probe.optional(),
                readinessProbe: probe.optional(),
              }),
            ),
          }),
        })
        .optional(),
    })
    .optional(),
});

const services = compose.parse(parse(textOf('compose.yaml'))).services;
const manifests = parseAllDocuments(textOf('kubernetes.yaml')).map((document) =>
  manifest.parse(document.toJS()),
);
const containers = manifests.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
const server = containers.find(({ name }) => name === 'server');

test.each([
  ['Dockerfile', textOf('Dockerfile').match(/SINCH_\w+/g) ?? []],
  ['compose.yaml', Object.keys(services.server?.environment ?? {})],
  ['kubernetes.yaml', server?.env.map(({ name }) => name) ?? []],
])('%s sets variables that there are', (_, names) => {
  const known = documentedVariables.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(1);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

test('all say who signs in where, and that a person is asked', () => {
  for (const names of [
    Object.keys(services.server?.environment ?? {}),
    server?.env.map(({ name }) => name) ?? [],
  ]) {
    expect(names).toEqual(
      expect.arrayContaining([
        'SINCH_NUMBERS_HTTP_PUBLIC_URL',
        'SINCH_NUMBERS_HTTP_ISSUER',
        'SINCH_NUMBERS_DATABASE_URL',
        'SINCH_NUMBERS_CONFIRM',
      ]),
    );
  }
});

test('a pod is restarted by its health, and is ready by its readiness', () => {
  expect(server?.livenessProbe?.httpGet.path).toBe('/healthz');
  expect(server?.readinessProbe?.httpGet.path).toBe('/readyz');
});

test('both proxies are told where the servers are', () => {
  const names = containers.find(({ name }) => name === 'haproxy')?.env.map(({ name }) => name) ?? [];
  for (const set of [names, Object.keys(services.proxy?.environment ?? {})]) expect(set).toEqual(['SERVERS']);
  expect(textOf('haproxy.cfg')).toMatch(/"\$\{SERVERS\}:8080"/);
});

test('the image is built from all that the build reads', () => {
  const build = readFileSync(fileURLToPath(new URL('../../build.js', import.meta.url)), 'utf8');
  const own = Array.from(build.matchAll(/from '\.\/([\w.-]+)'/g), ([, file = '']) => file);
  expect(own.length).toBeGreaterThan(0);
  for (const file of ['build.js', 'src', ...own]) {
    expect(textOf('Dockerfile')).toMatch(new RegExp(`^COPY (.* )?${file} `, 'm'));
    expect(textOf('Dockerfile.dockerignore').split('\n')).toContain(`!${file}`);
  }
});
