// What the client costs a page: bundled, minified and compressed. Fails above the limit, and where the README promises less than it is.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LimitBytes = 6 * 1024;

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { outputFiles: [bundle] } = await build({
  entryPoints: [path('src/index.js')], bundle: true, minify: true, format: 'esm', target: 'es2022', write: false,
});
const bytes = gzipSync(bundle.contents, { level: 9 }).length;
const promised = Number(/([\d.]+) KB gzipped/.exec(await readFile(path('README.md'), 'utf8'))[1]) * 1024;
console.log(`${bytes} bytes gzipped, ${bundle.contents.length} minified; at most ${LimitBytes}, ${promised.toFixed()} in the README`);
process.exitCode = bytes <= Math.min(LimitBytes, promised) ? 0 : 1;
