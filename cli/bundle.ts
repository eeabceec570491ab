/** Makes the one file that the command is (dist/bundle/mpsemu.cjs) from cli/main.ts, with a source map. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from '../platforms/toolchain/paths.js';

const folder = join(projectRoot(), 'dist', 'bundle');
const file = join(folder, 'mpsemu.cjs');
mkdirSync(folder, { recursive: true });
const { metafile } = await build({
  entryPoints: [join(projectRoot(), 'cli', 'main.ts')],
  outfile: file,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Names stay, since messages and stack traces have them.
  minifyWhitespace: true,
  minifySyntax: true,
  charset: 'ascii',
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl=require('url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
  metafile: true,
});
// What cli/start.cts compiles can't import(): an import of a package that is to wait is a require of its own.
for (const { kind, path, external } of Object.values(metafile.outputs).flatMap((output) => output.imports)) {
  if (external && kind === 'dynamic-import') throw new Error(`the bundle imports '${path}' dynamically: use createRequire`);
}
// The digest names the compiled form that cli/start.cts keeps.
const digest = createHash('sha1').update(readFileSync(file)).digest('hex');
appendFileSync(file, `//${digest}\n`);
for (const name of readdirSync(folder)) if (!name.startsWith('mpsemu.') && name !== `${digest}.cache`) rmSync(join(folder, name));
