/**
 * Who imports what: the rules of .dependency-cruiser.mjs, and no circle of more than three files, type imports counted.
 * A circle is a strongly connected component of the import graph (Tarjan 1972).
 */
import { existsSync } from 'node:fs';
import { cruise, format } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const product = ['emulator', 'platforms', 'mps', 'machine', 'instruments', 'cli', 'index.ts'].filter((path) => existsSync(path));

const LARGEST = 3;

function circles(modules) {
  const imports = new Map(modules.map((m) => [m.source, m.dependencies.map((d) => d.resolved)]));
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const to of imports.get(file)) {
      if (!imports.has(to)) continue;
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file), low.get(to)));
    }
    if (low.get(file) === index.get(file)) found.push(stack.splice(stack.indexOf(file)));
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found;
}

const options = await extractDepcruiseOptions('./.dependency-cruiser.mjs');
const { output: graph } = await cruise(product, { ...options, outputType: undefined }, undefined, {
  tsConfig: extractTSConfig('tsconfig.json'),
});
const { output, exitCode } = await format(graph, { outputType: 'err' });
process.stdout.write(output);
const large = circles(graph.modules).filter((circle) => circle.length > LARGEST);
for (const circle of large) console.log(`  error a circle of ${circle.length} files: ${circle.sort().join(' ')}`);
process.exitCode = exitCode + large.length > 0 ? 1 : 0;
