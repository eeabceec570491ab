// The linter: typescript-eslint's recommended rules, and the one rule of our own: imports point down the layers.
import { dirname, relative, resolve, sep } from 'node:path';
import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

const layers = ['emulator', 'platforms', 'mps', 'machine', 'instruments', 'cli'];

/** mps/ sees the world through platforms/port.ts alone. */
const windows = { mps: { into: 'platforms', through: ['platforms/port.js'] } };

const layerRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      up: '{{from}} must not import {{to}}: imports point down, cli -> instruments -> machine -> mps -> platforms -> emulator',
      window: 'mps sees platforms through port.ts alone',
    },
  },
  create(context) {
    const file = relative(context.cwd, context.filename);
    const from = file.split(sep)[0];
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string' || !source.startsWith('.')) return;
      const target = relative(context.cwd, resolve(dirname(context.filename), source));
      const to = target.split(sep)[0];
      if (!layers.includes(from) || from === to) return;
      const known = layers.includes(to);
      if (!known || layers.indexOf(to) > layers.indexOf(from)) context.report({ node, messageId: 'up', data: { from, to } });
      const window = windows[from];
      if (window && (to === window.into || to === 'emulator') && !window.through.includes(target)) {
        context.report({ node, messageId: 'window' });
      }
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

export default tseslint.config(
  { ignores: ['dist/**', 'dist-*/**', 'node_modules/**', 'emulator/native/build/**', 'emulator/native/unicorn/**', '*.config.*'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  {
    plugins: { house: { rules: { layers: layerRule } } },
    rules: {
      'house/layers': 'error',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-empty': 'error',
      // Declaration merging adds to an interface what another type has.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    },
  },
  { files: ['**/*.cts'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' } },
  },
);
