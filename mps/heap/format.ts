/** Object formats: the client's methods by which pools find references, sizes and forwarding in objects. */
import type { HeapArena } from './heap-arena.js';
import { FormatWord } from '../plinth/descriptors.js';
import { Res } from '../plinth/res.js';
import type { ScanState } from '../trace/scan-state.js';

/** All addresses are client pointers (base + header size), except pad's. */
export interface FormatMethods {
  /** Fix the references of the objects in [base, limit). */
  scan(ss: ScanState, base: number, limit: number): Res;
  /** Client pointer of the next object. */
  skip(address: number): number;
  /** Replace an object by a forwarding marker of the same size. */
  fwd(old: number, now: number): void;
  /** Where a forwarding marker points, or 0. */
  isfwd(address: number): number;
  /** Make a padding object of `size` bytes at `base`. */
  pad(base: number, size: number): void;
  /** The object's class, for people. */
  class(address: number): number;
}

/** Where the guest has the methods that moving an object takes. */
export interface MethodsInGuest {
  isfwd: number;
  skip: number;
  fwd: number;
  /**
   * Guest code that goes over the objects of a nailed segment (its descriptor) from client pointer `object` on: the first before
   * `limit` that stays in place or can't be skipped, what is behind it being in the descriptor; 0: none. Undefined: there is no such code.
   */
  nextPinned?: (seg: number, object: number, limit: number) => number;
}

export interface FormatArgs {
  align?: number;
  headerSize?: number;
  methods: Partial<FormatMethods>;
  /** If it has them all. */
  inGuest?: MethodsInGuest | undefined;
}

export class Format {
  static readonly blockWords = 16;
  readonly align: number;
  readonly headerSize: number;
  readonly methods: FormatMethods;
  /** Guest code may move objects by it. */
  readonly inGuest: MethodsInGuest | undefined;
  /** Pools that use it. */
  poolCount = 0;

  constructor(
    readonly arena: HeapArena,
    readonly address: number,
    args: FormatArgs,
    /** The ring it is on. */
    private readonly ring: Set<Format>,
  ) {
    this.align = args.align ?? arena.port.platform.mpsAlign;
    this.headerSize = args.headerSize ?? 0;
    const { plinth } = arena;
    plinth.aver(this.align > 0 && Number.isInteger(Math.log2(this.align)), 'FormatCheck', 'AlignCheck(format->alignment)');
    this.inGuest = args.inGuest;
    if (args.inGuest) this.describe(args.inGuest);
    // A method that wasn't given is found out when it is called.
    this.methods = {
      scan: () => {
        plinth.notReached('FormatNoScan');
        return Res.FAIL;
      },
      skip: () => {
        plinth.notReached('FormatNoSkip');
        return 0;
      },
      fwd: () => plinth.notReached('FormatNoMove'),
      isfwd: () => {
        plinth.notReached('FormatNoIsMoved');
        return 0;
      },
      pad: () => plinth.notReached('FormatNoPad'),
      class: (address) => arena.memory.word(address),
      ...args.methods,
    };
  }

  private describe(methods: NonNullable<FormatArgs['inGuest']>): void {
    const { memory, wordSize } = this.arena;
    const tell = (word: number, value: number): void => memory.setWord(this.address + word * wordSize, value);
    tell(FormatWord.isfwd, methods.isfwd);
    tell(FormatWord.skip, methods.skip);
    tell(FormatWord.fwd, methods.fwd);
    tell(FormatWord.headerSize, this.headerSize);
    tell(FormatWord.alignMask, this.align - 1);
  }

  destroy(): void {
    const { arena } = this;
    arena.inside(() => {
      if (!arena.plinth.aver(this.poolCount === 0, 'FormatDestroy', 'format->poolCount == 0')) return;
      this.ring.delete(this);
      arena.controlFree(this.address, Format.blockWords * arena.wordSize);
    });
  }
}
