/**
 * tmpnam: names that nothing has yet, in the form and the directory of each C library: glibc 2.36's "/tmp/fileXXXXXX", the
 * BSDs' "tmp.N.XXXXXX" in P_tmpdir, UCRT's "sPID.N" in the directory of temporary files.
 */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { Random } from '../../emulator/process/random.js';
import { FileError } from './files.js';
import type { CLibrary } from './library.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const SEED = 0x544d504e;
/** Longer than any of the names. */
const ROOM = 64;

export function temporaryNameFunctions(library: CLibrary): HostFunction[] {
  const { traits, options, files } = library;
  const random = new Random(options.seed ^ SEED);
  let count = 0;
  let own = 0;
  const letters = (): string => Array.from({ length: 6 }, () => LETTERS[random.below(LETTERS.length)]).join('');
  const forms = {
    linux: () => `/tmp/file${letters()}`,
    freebsd: () => `/tmp/tmp.${count++}.${letters()}`,
    macos: () => `/var/tmp/tmp.${count++}.${letters()}`,
    windows: () => `C:\\Windows\\Temp\\s${(0x1000).toString(32)}.${count++}`,
  };
  const taken = (name: string): boolean => {
    try {
      files.entry(name);
      return true;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  };
  return [
    hostFunction('tmpnam', 'p(p)', (call, place) => {
      let name = forms[traits.os]();
      while (taken(name)) name = forms[traits.os]();
      // Should the place be refused, the next try has another name: nobody has seen this one.
      const address = place === 0 ? (own ||= library.own(ROOM)) : place;
      call.memory.write(address, new TextEncoder().encode(`${name}\0`));
      return address;
    }),
  ];
}
