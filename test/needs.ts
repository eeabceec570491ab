/**
 * What a test needs of this machine beyond Node: compilers, a C library to compare with, another emulator. Where
 * something is missing the test is skipped, counted as such, and its title says why.
 */
import test, { type ExecutionContext } from 'ava';

export { missingTool, missingToolchain } from './missing.js';

type Run = (t: ExecutionContext) => void | Promise<void>;

/** `test` or `test.serial` for what needs something that is `missing`; undefined: nothing is. */
export function needing(missing: string | undefined, base: typeof test | typeof test.serial = test): (title: string, run: Run) => void {
  return (title, run) => (missing === undefined ? base(title, run) : base.skip(`${title} (${missing})`, run));
}
