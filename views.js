/** Puts a view together: a page under `src/views/` with its style and script inside, for the build and for tests. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const STYLE = /<link rel="stylesheet" href="([^"]+)">/;
const SCRIPT = /<script type="module" src="([^"]+)"><\/script>/;

/** What hosts of views run on, at least. */
const target = ['chrome123', 'firefox121', 'safari17.5'];

/** A page as it is served, with nothing left to load. @param path of the HTML file */
export async function buildView(path) {
  const page = await readFile(path, 'utf8');
  const bundle = async (pattern) => {
    const [, file] = pattern.exec(page) ?? [];
    if (file === undefined) throw new Error(`${path}: nothing matches ${pattern}`);
    const entry = join(dirname(path), file);
    const { outputFiles } = await build({
      ...{ entryPoints: [entry], bundle: true, minify: true, target, write: false },
      ...{ format: 'iife', legalComments: 'none', charset: 'utf8' },
    });
    return outputFiles[0].text.trim();
  };
  const [style, script] = await Promise.all([bundle(STYLE), bundle(SCRIPT)]);
  return page
    .trim()
    .replace(STYLE, () => `<style>${style}</style>`)
    .replace(SCRIPT, () => `<script>${script.replaceAll('</script', '<\\/script')}</script>`);
}

/** `import html from './page.html'`, for esbuild. */
export const viewsForEsbuild = {
  name: 'views',
  setup({ onLoad }) {
    onLoad({ filter: /\.html$/ }, async ({ path }) => ({ contents: await buildView(path), loader: 'text' }));
  },
};

/** The same, for Vite. */
export const viewsForVite = {
  name: 'views',
  enforce: 'pre',
  async load(id) {
    return id.endsWith('.html') ? `export default ${JSON.stringify(await buildView(id))}` : undefined;
  },
};
