/** How a test runs the command: as it was compiled, or from the TypeScript sources where the test itself runs from them. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const extension = extname(fileURLToPath(import.meta.url));

/** Node, its options, and the command's file: arguments follow. */
export const mpsemu: [node: string, ...words: string[]] = [
  process.execPath,
  ...(extension === '.ts' ? ['--import', import.meta.resolve('tsx')] : []),
  fileURLToPath(new URL(`../../cli/main${extension}`, import.meta.url)),
];
