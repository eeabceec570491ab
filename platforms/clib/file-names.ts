/** Files by their names: remove and rename (C99 7.19.4), unlink. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { FileError } from './files.js';
import type { CLibrary } from './library.js';

export function fileNameFunctions(library: CLibrary): HostFunction[] {
  const { files, traits } = library;

  const attempt = (action: () => void): number => {
    try {
      action();
      return 0;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      library.setErrno(error.code);
      return -1;
    }
  };
  const remove = (name: string): HostFunction =>
    hostFunction(name, 'i(p)', (call, path) => {
      const file = call.memory.cString(path);
      return attempt(() => files.remove(file));
    });

  return [
    remove('remove'),
    // unlink is guest code, over the kernel's call.
    ...(traits.os === 'windows' ? [remove('_unlink')] : []),
    hostFunction('rename', 'i(pp)', (call, from, to) => {
      const [source, target] = [call.memory.cString(from), call.memory.cString(to)];
      return attempt(() => files.rename(source, target));
    }),
  ];
}
