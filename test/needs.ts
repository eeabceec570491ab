/**
 * What a test needs of this machine beyond Node: compilers, a C library to compare with, another emulator. Where
 * something is missing the test is skipped, counted as such, and its title says why.
 */
import test, { type ExecutionContext } from 'ava';
import { platform as platformOf } from '../platforms/codes.js';
import { targetOf } from '../platforms/toolchain/targets.js';
import { hasTool } from '../platforms/toolchain/tools.js';

type Run = (t: ExecutionContext) => void | Promise<void>;

/** `test` or `test.serial` for what needs something that is `missing`; undefined: nothing is. */
export function needing(missing: string | undefined, base: typeof test | typeof test.serial = test): (title: string, run: Run) => void {
  return (title, run) => (missing === undefined ? base(title, run) : base.skip(`${title} (${missing})`, run));
}

/** Why one of the tools can't be run; undefined if all can. */
export function missingTool(...names: string[]): string | undefined {
  const name = names.find((each) => !hasTool(each));
  return name === undefined ? undefined : `${name} is not installed`;
}

const linkers = { windows: 'lld-link', macos: 'ld64.lld', linux: 'ld.lld', freebsd: 'ld.lld' } as const;

/** Why a platform's own compiler and linker can't make programs for it here. */
export function missingToolchain(code: string): string | undefined {
  const platform = platformOf(code)!;
  return missingTool(targetOf(platform).compiler, linkers[platform.os]);
}
