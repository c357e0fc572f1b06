/** Bundles `src/` into `dist/`: esbuild's configuration, which it wants as a program. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { viewsForEsbuild } from './views.js';

const platform = { bundle: true, platform: 'node', format: 'esm', target: 'node20.18' };

/** The definitions of the tools follow from their schemas. They are worked out here, so that a server can list them before it has loaded any schema. */
const precomputedDefinitions = {
  name: 'precomputed-definitions',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]tools[\\/]definitions\.ts$/ }, async ({ path }) => {
      const { outputFiles } = await build({ ...platform, entryPoints: [path], write: false });
      const source = Buffer.from(outputFiles[0].contents).toString('base64');
      const exported = await import(`data:text/javascript;base64,${source}`);
      const constants = Object.entries(exported).map(
        ([name, value]) => `export const ${name} = ${JSON.stringify(value)};`,
      );
      return { contents: constants.join('\n') };
    });
  },
};

/** An import of `node:process` runs every getter of it, those of stdin and stdout too: 7 ms of each start. The global is the same object. */
const globalProcess = {
  name: 'global-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:process$/ }, () => ({ path: 'process', namespace: 'global' }));
    onLoad({ filter: /^process$/, namespace: 'global' }, () => ({ contents: 'export default process;' }));
  },
};

/**
 * The SDK's server brings a validator of JSON Schema for forms that it asks itself, its client one for results of tools that
 * it has listed. Our forms are read by the gate, and the demo lists no tools: it would be a quarter of what a server loads.
 */
const noValidator = {
  name: 'no-validator',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]sdk[\\/]dist[\\/]esm[\\/]validation[\\/]ajv-provider\.js$/ }, () => ({
      contents: 'export class AjvJsonSchemaValidator {}',
    }));
  },
};

/** The licences of every package of which some code was bundled. */
async function notices({ inputs }) {
  const folders = new Set(
    Object.keys(inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
  );
  const texts = [...folders].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})\n\n${(await licenceIn(folder)).trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

/** A licence that stands in a file of its own, or at the end of the README. */
async function licenceIn(folder) {
  const entries = await readdir(folder);
  const read = async (pattern) => {
    const file = entries.find((entry) => pattern.test(entry));
    return file && (await readFile(join(folder, file), 'utf8'));
  };
  const text = (await read(/^licen[cs]e/i)) ?? /^#+ licen[cs]e$[\s\S]*/im.exec(await read(/^readme/i))?.[0];
  if (text === undefined) throw new Error(`${folder} comes without its licence`);
  return text;
}

await rm('dist', { recursive: true, force: true });
const { metafile } = await build({
  ...platform,
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  splitting: true,
  minify: true,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  // For the packages among them that are CommonJS.
  banner: {
    js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  },
  plugins: [precomputedDefinitions, globalProcess, noValidator, viewsForEsbuild],
});
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await notices(metafile));
