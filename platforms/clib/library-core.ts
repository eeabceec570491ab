/** What the C library's functions and its parts stand on: the process, the OS, the library's own memory, errno. */
import type { HostCall, HostFunction, HostLibrary } from '../../emulator/process/host-call.js';
import { Access } from '../../emulator/engine.js';
import type { Process } from '../../emulator/process/process.js';
import type { Platform } from '../codes.js';
import type { Os, OsOptions } from '../os.js';
import type { ErrorName } from './errors.js';
import type { LibraryHeap } from './heap.js';
import { heapOf } from './heaps.js';
import { traitsOf, type CLibTraits } from './traits.js';

export interface CLibraryContext {
  platform: Platform;
  process: Process;
  os: Os;
  options: OsOptions;
  /** The libraries of the OS model, as it made them. */
  system: HostLibrary[];
}

export abstract class LibraryCore {
  readonly traits: CLibTraits;
  readonly process: Process;
  readonly os: Os;
  readonly options: OsOptions;
  readonly heap: LibraryHeap;
  private readonly osFunctions: Map<string, HostFunction>;

  constructor({ platform, process, os, options, system }: CLibraryContext) {
    this.traits = traitsOf(platform);
    this.process = process;
    this.os = os;
    this.options = options;
    this.osFunctions = new Map(system.flatMap(({ functions }) => functions.map((fn) => [fn.name, fn])));
    this.heap = heapOf(this);
  }

  /** Print `message` on standard error, then do what abort() does. */
  abstract abort(call: HostCall, message: string): never;

  /** The same, whatever is going on. */
  fatal(message: string): never {
    if (this.call) return this.abort(this.call, message);
    return this.process.end({ kind: 'signal', signal: 6, text: `SIGABRT: ${message}` });
  }

  /** The call that is being made of the library; undefined: it works for itself. */
  get call(): HostCall | undefined {
    return this.process.hostCalls.running.at(-1);
  }

  setErrno(name: ErrorName): void {
    this.os.setErrno(this.traits.errno[name]);
  }

  /** A function of the OS model's own part of the library. */
  osFunction(name: string): HostFunction | undefined {
    return this.osFunctions.get(name);
  }

  /**
   * Windows' run-time looks at what it is given before it does anything: what is `bad` sets errno and is told to the invalid
   * parameter handler, which may end the program. True: the function fails now. Other libraries go on to use it.
   */
  refused(bad: boolean): boolean {
    if (!bad || this.traits.os !== 'windows') return false;
    const call = this.process.hostCalls.running.at(-1);
    this.setErrno('EINVAL');
    if (call) this.osFunction('_invalid_parameter_noinfo')?.run(call);
    return true;
  }

  /** errno of the calling thread. */
  errno(call: HostCall): number {
    const location = this.osFunction(this.traits.errnoFunction);
    return location ? call.supervisor.i32(location.run(call) as number) : 0;
  }

  /** New memory for the library's own use, zeroed. */
  own(bytes: number): number {
    const address = this.heap.allocate(bytes);
    if (address === 0) throw new Error('no memory for the C library');
    this.process.supervisor.fill(address, bytes, 0);
    return address;
  }

  /** A NUL-terminated copy of `text` in memory of the library's own. */
  ownText(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const address = this.own(bytes.length);
    this.process.supervisor.write(address, bytes);
    return address;
  }

  /** Raises the fault that writing [address, +length) would, without writing. */
  probeWrite(call: HostCall, address: number, length: number): void {
    const { memory } = call;
    const { pageSize } = this.process.engine;
    for (let at = address; at < address + length; at += pageSize - (at % pageSize)) memory.physical(at, Access.Write);
  }
}
