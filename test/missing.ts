/** What this machine lacks of what tests need: tools, compilers of a platform. */
import { platform as platformOf } from '../platforms/codes.js';
import { targetOf } from '../platforms/toolchain/targets.js';
import { hasTool } from '../platforms/toolchain/tools.js';
import { there } from './there.js';

/** Why one of the tools can't be run; undefined if all can. */
export function missingTool(...names: string[]): string | undefined {
  const name = names.find((each) => !hasTool(each));
  return name === undefined ? undefined : `${name} is not installed`;
}

const linkers = { windows: 'lld-link', macos: 'ld64.lld', linux: 'ld.lld', freebsd: 'ld.lld' } as const;

/** Why a platform's own compiler and linker can't make programs for it here. */
export function missingToolchain(code: string): string | undefined {
  const platform = there(platformOf(code));
  return missingTool(targetOf(platform).compiler, linkers[platform.os]);
}
