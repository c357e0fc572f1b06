import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import product from '../../package.json' with { type: 'json' };

const permissions = z.record(z.string(), z.string());

const step = z.strictObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});

const job = z.looseObject({ permissions: permissions.optional(), steps: z.array(step) });

const text = readFileSync(new URL('../../.github/workflows/ci.yml', import.meta.url), 'utf8');

const { on, jobs, ...workflow } = z
  .looseObject({
    on: z.looseObject({ push: z.looseObject({ branches: z.array(z.string()), tags: z.array(z.string()) }) }),
    permissions,
    jobs: z.strictObject({
      test: job.extend({ strategy: z.looseObject({ matrix: z.record(z.string(), z.array(z.unknown())) }) }),
      publish: job.extend({ needs: z.string(), if: z.string() }),
    }),
  })
  .parse(parse(text));

const commands = ({ steps }: z.output<typeof job>) => steps.flatMap(({ run = [] }) => run);

test('each push is tested on three systems with three versions of Node, the oldest one that is promised', () => {
  expect(on.push.branches).toEqual(['**']);
  expect(jobs.test.strategy.matrix).toEqual({
    os: ['ubuntu-latest', 'macos-latest', 'windows-latest'],
    node: [20, 22, 24],
  });
  expect(product.engines.node).toMatch(/^>=20\./);
  expect(commands(jobs.test)).toEqual(['npm ci', 'npm test']);
});

test('a tag publishes, with provenance, once the tests have passed and if the tag is the version', () => {
  expect(on.push.tags).toEqual(['v*']);
  expect([jobs.publish.needs, jobs.publish.if]).toEqual(['test', "startsWith(github.ref, 'refs/tags/v')"]);
  const [check, install, mcpb, docker, repository, publish, registry] = commands(jobs.publish);
  expect(check).toContain('test "$GITHUB_REF_NAME" = "v$(');
  expect([install, publish]).toEqual(['npm ci', 'npm publish --provenance --access public']);
  expect([mcpb, docker]).toEqual(['npm run bundle:mcpb', 'npm run bundle:docker -- server.yaml']);
  expect(repository).toContain('"repository.url=git+$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git"');
  expect(registry).toContain('./mcp-publisher publish');
});

test('only the job that publishes may prove who it is, and nothing may write', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  expect(jobs.test.permissions).toBeUndefined();
  expect(jobs.publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
});

test('actions are those of GitHub, pinned to a commit whose version stands beside it, and leave no credentials behind', () => {
  const used = [...jobs.test.steps, ...jobs.publish.steps].flatMap(({ uses = [] }) => uses);
  expect(used).toHaveLength(5);
  for (const action of used) {
    expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
    expect(text).toMatch(new RegExp(`uses: ${action} # v\\d+\\.\\d+\\.\\d+\\n`));
  }
  const checkouts = [...jobs.test.steps, ...jobs.publish.steps].filter((one) =>
    one.uses?.includes('/checkout@'),
  );
  for (const checkout of checkouts) expect(checkout.with).toEqual({ 'persist-credentials': false });
});

test('the program that publishes to the registry is checked before it is unpacked', () => {
  const { env, run = '' } = jobs.publish.steps.at(-1) ?? {};
  expect(env?.URL).toMatch(/\/releases\/download\/v\d+\.\d+\.\d+\//);
  expect(env?.SHA256).toMatch(/^[0-9a-f]{64}$/);
  expect(run.indexOf('sha256sum --check')).toBeGreaterThan(run.indexOf('curl'));
  expect(run.indexOf('tar --extract')).toBeGreaterThan(run.indexOf('sha256sum --check'));
});
