// One test file from the TypeScript sources, through tsx: npm run t -- test/mps/land.test.ts
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  timeout: '5m',
  workerThreads: false,
};
