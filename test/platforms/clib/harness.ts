/** A C library over a bare process: host functions called directly, with arguments in the signature language. */
import type { Value, VarArgs } from '../../../emulator/abi/abi.js';
import { Prot } from '../../../emulator/engine.js';
import { hostFunction, type HostCall, type HostFunction, type RegistersReplaced } from '../../../emulator/process/host-call.js';
import { Process } from '../../../emulator/process/process.js';
import { CLibrary, cLibrary, type CLibraryContext } from '../../../platforms/clib/index.js';
import { platform } from '../../../platforms/codes.js';
import type { GrantedDirectory, Os } from '../../../platforms/os.js';
import { there } from '../../there.js';

/** Arguments in order, whatever is asked for. */
export class ListedArguments implements VarArgs {
  private at = 0;

  constructor(private readonly values: (number | bigint)[]) {}

  private next(): number | bigint {
    if (this.at >= this.values.length) throw new Error('too few arguments');
    return this.values[this.at++];
  }

  int = (): number => Number(BigInt.asIntN(32, BigInt(this.next())));
  unsigned = (): number => Number(BigInt.asUintN(32, BigInt(this.next())));
  long = (): number => Number(this.next());
  longlong = (): bigint => BigInt.asIntN(64, BigInt(this.next()));
  ulonglong = (): bigint => BigInt.asUintN(64, BigInt(this.next()));
  word = (): number => Number(this.next());
  pointer = (): number => Number(this.next());
  double = (): number => Number(this.next());
  longdouble = (): number => Number(this.next());
}

const HEAP = 0x10000000;
const TEXT = 0x20000000;

export class TestLibrary {
  readonly process: Process;
  readonly functions = new Map<string, HostFunction>();
  stdout = '';
  stderr = '';
  stdin = '';
  errno = 0;
  private heapTop = HEAP;
  private textTop = TEXT;

  constructor(
    readonly code: string,
    directories: GrantedDirectory[] = [],
    env: string[] = [],
  ) {
    const p = there(platform(code));
    this.process = new Process({
      cpu: p.cpu,
      pageSize: p.pageSize,
      abi: p.abi,
      gates: { base: 0x70000000, size: 0x10000 },
      memory: 256 << 20,
    });
    const { engine } = this.process;
    engine.mapPages(TEXT, 1 << 20, Prot.RW);
    const errnoFunction = hostFunction(
      p.os === 'windows' ? '_errno' : p.os === 'linux' ? '__errno_location' : '__error',
      'p()',
      () => TEXT + 0xff000,
    );
    const os = {
      heapGrow: (bytes: number) => {
        const address = this.heapTop;
        engine.mapPages(address, bytes, Prot.RW);
        this.heapTop += bytes;
        return address;
      },
      heapMap: (bytes: number) => os.heapGrow(bytes),
      heapUnmap: (address: number, bytes: number) => engine.unmapPages(address, bytes),
      setErrno: (value: number) => {
        this.errno = value;
        this.process.supervisor.setU32(TEXT + 0xff000, value);
      },
    } as unknown as Os;
    const context: CLibraryContext = {
      platform: p,
      process: this.process,
      os,
      system: [{ name: 'os', functions: [errnoFunction] }],
      options: {
        argv: ['program'],
        env,
        seed: 0,
        quirks: [],
        directories,
        output: (stream, bytes) => {
          if (stream === 1) this.stdout += Buffer.from(bytes).toString('latin1');
          else this.stderr += Buffer.from(bytes).toString('latin1');
        },
        input: (length) => {
          const bytes = Buffer.from(this.stdin.slice(0, length), 'latin1');
          this.stdin = this.stdin.slice(bytes.length);
          return bytes;
        },
      },
    };
    for (const { functions } of cLibrary(context)) for (const fn of functions) this.functions.set(fn.name, fn);
    this.library = new CLibrary(context);
  }

  readonly library: CLibrary;

  get memory() {
    return this.process.user;
  }

  /** Call a host function; `rest` are its variable arguments. */
  call(name: string, args: Value[], rest: (number | bigint)[] = []): Value | void | RegistersReplaced {
    const fn = this.functions.get(name);
    if (!fn) throw new Error(`${this.code} has no ${name}`);
    const call = {
      process: this.process,
      memory: this.process.user,
      supervisor: this.process.supervisor,
      fn,
      varargs: () => new ListedArguments(rest),
      attempt: <T>(create: () => T) => create(),
      attempted: () => undefined,
    };
    return fn.run(call as unknown as HostCall, ...args);
  }

  /** `text` NUL-terminated in guest memory. */
  text(text: string): number {
    const bytes = Buffer.from(`${text}\0`, 'latin1');
    const address = this.space(bytes.length);
    this.memory.write(address, bytes);
    return address;
  }

  space(bytes: number): number {
    const address = this.textTop;
    this.textTop += Math.ceil(bytes / 16) * 16;
    if (this.textTop > TEXT + 0xf0000) this.textTop = TEXT;
    return address;
  }

  read(address: number): string {
    return Buffer.from(this.memory.cBytes(address)).toString('latin1');
  }

  sprintf(format: string, ...args: (number | bigint | string)[]): string {
    const buffer = this.space(8192);
    this.call(
      'sprintf',
      [buffer, this.text(format)],
      args.map((a) => (typeof a === 'string' ? this.text(a) : a)),
    );
    return this.read(buffer);
  }

  close(): void {
    this.process.close();
  }
}
