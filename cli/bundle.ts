/** Makes the one file that the command is (dist/bundle/mpsemu.cjs) from cli/main.ts, with a source map. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { systems } from '../platforms/boot/boot.js';
import { projectRoot } from '../platforms/toolchain/paths.js';

/**
 * A run needs one of the models of systems, and setting up the modules of the other three takes a tenth of its start:
 * in the bundle each waits until its definition (platforms/OS/index.ts) creates it.
 */
const modelsWait: Plugin = {
  name: 'models wait',
  setup({ onLoad, onEnd }) {
    const waiting = new Set<string>();
    onLoad({ filter: /[/\\]platforms[/\\](windows|linux|freebsd|macos)[/\\]index\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(
        /^import \{ (\w+) \} from '(\.\/\w+\.js)';\n([^]*\n {2}create: \(context\) => new )\1\(/m,
        (_, model: string, file: string, between: string) => {
          waiting.add(path);
          return `${between}(require('${file}').${model})(`;
        },
      );
      return { contents, loader: 'ts' };
    });
    onEnd(() => {
      const want = Object.keys(systems).length;
      if (waiting.size !== want) throw new Error(`${waiting.size} of ${want} models wait in the bundle: an index.ts has another form`);
    });
  },
};

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
  plugins: [modelsWait],
});
// What cli/start.cts compiles can't import(): an import of a package that is to wait is a require of its own.
for (const { kind, path, external } of Object.values(metafile.outputs).flatMap((output) => output.imports)) {
  if (external && kind === 'dynamic-import') throw new Error(`the bundle imports '${path}' dynamically: use createRequire`);
}
// The digest names the compiled form that cli/start.cts keeps.
const digest = createHash('sha1').update(readFileSync(file)).digest('hex');
appendFileSync(file, `//${digest}\n`);
for (const name of readdirSync(folder)) if (!name.startsWith('mpsemu.') && name !== `${digest}.cache`) rmSync(join(folder, name));
