// The linter: typescript-eslint's recommended rules, and in the product no types asserted that the compiler can't check.
// (What may import what: .dependency-cruiser.mjs.)
import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

const doubleCast = { selector: 'TSAsExpression > TSAsExpression[typeAnnotation.type="TSUnknownKeyword"]', message: 'no double casts' };
const definite = { selector: 'PropertyDefinition[definite=true]', message: 'what a constructor does not set may be undefined' };

export default tseslint.config(
  { ignores: ['dist/**', 'dist-*/**', 'node_modules/**', 'emulator/native/build/**', 'emulator/native/unicorn/**', '*.config.*'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-empty': 'error',
      // Declaration merging adds to an interface what another type has.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    },
  },
  {
    // The product: what the compiler can't check is not asserted.
    files: ['{emulator,platforms,mps,machine,instruments,cli,bench}/**/*.ts', 'index.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      'no-restricted-syntax': ['error', doubleCast, definite],
    },
  },
  {
    // What a page allows has one owner, the address space.
    files: ['platforms/**/*.ts', 'machine/**/*.ts', 'mps/**/*.ts', 'cli/**/*.ts', 'emulator/process/**/*.ts', 'emulator/loader/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        doubleCast,
        definite,
        ...['callee.object.name', 'callee.object.property.name'].map((engine) => ({
          selector: `CallExpression[${engine}='engine'][callee.property.name=/^(map|unmap|protect|discard|alias)Pages$/]`,
          message: 'pages are mapped and protected through AddressSpace',
        })),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'error', '@typescript-eslint/no-non-null-assertion': 'error' },
  },
  { files: ['**/*.cts'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' } },
  },
);
