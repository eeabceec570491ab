/** docs/architecture.md names files and functions: each is where the page says that it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../platforms/toolchain/paths.js';

const root = projectRoot();
const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
const quoted = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);
const sources = ['emulator', 'platforms', 'mps', 'machine', 'cli']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.ts'));
const text = new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

test('its files exist', (t) => {
  const paths = quoted.filter((name) => /^[\w./-]+\/[\w.-]*$/.test(name));
  t.true(paths.length > 20);
  for (const path of paths) t.true(existsSync(join(root, path)), path);
});

/** Does a class or interface of that name (there may be several) have the method, itself or from its base? */
function has(owner: string, method: string): boolean {
  const heading = new RegExp(`(?:class|interface) ${owner}\\b[^{]*`);
  return [...text.values()].some((source) => {
    const start = source.search(heading);
    if (start < 0) return false;
    if (new RegExp(`^  (?:[a-z]+ )*${method}\\b`, 'm').test(source.slice(start))) return true;
    const base = / extends (\w+)/.exec(heading.exec(source)?.[0] ?? '')?.[1];
    return base !== undefined && has(base, method);
  });
}

test('its classes have the methods that it names', (t) => {
  const methods = quoted.filter((name) => /^[A-Z]\w+\.[a-z]\w+$/.test(name));
  t.true(methods.length > 30);
  for (const name of methods) {
    const [owner, method] = name.split('.');
    t.true(has(owner, method), name);
  }
});

test('its functions exist', (t) => {
  const functions = quoted.filter((name) => /^[a-z]+[A-Z]\w+$/.test(name) && !name.startsWith('mps'));
  t.true(functions.length > 10);
  const all = [...text.values()].join('\n');
  for (const name of functions) t.regex(all, new RegExp(`\\b${name}\\s*(?:<[^>]*>)?\\(`), name);
});
