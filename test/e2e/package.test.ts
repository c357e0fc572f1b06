/** The package as it is published, made from what was built. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

const manifest = z.looseObject({ name: z.string(), version: z.string() });
const packed = z.tuple([
  z.object({ filename: z.string(), size: z.number(), files: z.array(z.object({ path: z.string() })) }),
]);
const installed = z.object({ added: z.number(), add: z.array(z.object({ name: z.string() })) });

let folder = '';
let tarball: z.output<typeof packed>[0];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sinch-numbers-package-'));
  // Without its scripts: they would build anew, under the feet of the tests that run what was built.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await execute('npm', args, { cwd: root });
  [tarball] = packed.parse(JSON.parse(stdout));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', () => {
  test('is smaller than half a megabyte', () => {
    expect(tarball.size).toBeLessThan(500_000);
  });

  test('holds what was built, how a client is configured, the README and the licence, and nothing else', () => {
    const paths = tarball.files.map(({ path }) => path);
    const own = paths.filter((path) => !/^dist\/[\w-]+\.js$|^clients\//.test(path));
    expect(own.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-LICENSES.txt',
      'mcp.json',
      'package.json',
    ]);
    expect(paths).toEqual(expect.arrayContaining(['dist/cli.js', 'clients/README.md']));
  });

  test('needs no other package', async () => {
    const read = await readFile(join(root, 'package.json'), 'utf8');
    const keys = Object.keys(manifest.parse(JSON.parse(read)));
    expect(keys.filter((key) => /dependencies/i.test(key))).toEqual(['devDependencies']);
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read));
    expect(Object.keys(scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
  });

  test('is installed without a network, alone, and runs', async () => {
    const home = join(folder, 'home');
    const args = [
      'install',
      '--offline',
      '--no-audit',
      '--json',
      '--prefix',
      home,
      join(folder, tarball.filename),
    ];
    await execute('mkdir', [home]);
    await writeFile(join(home, 'package.json'), '{}');
    const { stdout } = await execute('npm', args, { cwd: home });
    const { version, name } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    expect(installed.parse(JSON.parse(stdout))).toMatchObject({ added: 1, add: [{ name }] });
    const command = await execute(join(home, 'node_modules', '.bin', name), ['--version'], { cwd: home });
    expect(command).toEqual({ stdout: `${version}\n`, stderr: '' });
  });
});

test('every package of which code is bundled is named with its version and its licence', async () => {
  const notices = await readFile(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const folders = await bundledPackages();
  expect(folders.length).toBeGreaterThan(10);
  const named = notices.split(`\n${'-'.repeat(80)}\n\n`).map((notice) => notice.trim());
  for (const path of folders) {
    const text = await readFile(join(root, path, 'package.json'), 'utf8');
    const { name, version } = manifest.parse(JSON.parse(text));
    const notice = named.find((it) => it.startsWith(`${name} ${version} (`)) ?? 'no notice';
    expect(notice, name).toMatch(/copyright/i);
    expect(notice, name).toMatch(
      /permission (is hereby granted|to use)|redistribution and use|apache license/i,
    );
  }
});

/** The folders of the packages whose code is part of the bundle. */
async function bundledPackages(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli.ts'],
    // The build leaves out the validator for which the SDK needs it.
    external: ['ajv', 'ajv-formats'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.18',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  );
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}
