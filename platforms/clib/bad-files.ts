/**
 * What each C library does with a FILE pointer that is no open file: closed before, null, or any other memory.
 * glibc frees what is closed, and reads the fields of what it is given: most functions take its lock, some go to its
 * table of functions first, which is checked. The BSDs keep a closed FILE, whose flags are zero, and answer EBADF. UCRT's
 * invalid parameter, null, is found before. Sources: observed with glibc 2.36; FreeBSD 14, lib/libc/stdio (fclose.c, wsetup.c,
 * refill.c); Apple Libc, stdio/FreeBSD/fclose.c.
 */
import { Access } from '../../emulator/engine.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { LibraryCore } from './library-core.js';

/** What a function of glibc's touches first: the lock, the table of functions, the buffer that is not there, or flags alone. */
export type Touch = 'lock' | 'functions' | 'buffer' | 'flags';

/** Where glibc's FILE has the pointer to its lock, and the BSDs' its flags. */
const LOCK = { 4: 72, 8: 136 } as const;
const OWNER = 8;
const FLAGS = { 4: 12, 8: 16 } as const;

export class BadFiles {
  /** FILEs of glibc's that were closed, and are memory of the heap's again. */
  private readonly closed = new Set<number>();

  constructor(private readonly library: LibraryCore) {}

  noteClosed(file: number): void {
    this.closed.add(file);
  }

  noteOpened(file: number): void {
    this.closed.delete(file);
  }

  wasClosed(file: number): boolean {
    return this.closed.has(file);
  }

  /** Faults, ends the program, or returns where the function fails with EBADF. */
  meet(file: number, touch: Touch): void {
    const { library } = this;
    const { user: memory } = library.process;
    const { os, wordSize } = library.traits;
    switch (os) {
      case 'linux':
        if (this.closed.has(file)) {
          if (touch === 'buffer') throw new GuestFault(0, Access.Write);
          return;
        }
        memory.u32(file);
        if (touch === 'flags') return;
        if (touch !== 'functions') memory.word(memory.word(file + LOCK[wordSize]) + OWNER);
        return library.fatal('Fatal error: glibc detected an invalid stdio handle');
      case 'freebsd':
      case 'macos':
        // What is in no use; else the buffer that its first word leads to.
        if (memory.u16(file + FLAGS[wordSize]) !== 0) memory.word(memory.word(file));
        return;
      case 'windows':
        // It is locked first, whatever it is.
        memory.u32(file);
    }
  }
}
