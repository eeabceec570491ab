/**
 * A program gone wild: somewhere in a real program's run its main thread is taken over, and from then on calls the host
 * functions of its libraries, and its system, with wild arguments. Each call is a real one: arguments are laid out as the
 * convention says, the fetch at the gate is the call. Faults that a handler would see are mostly passed over.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { LoadError } from '../../emulator/loader/image.js';
import { Prot } from '../../emulator/engine.js';
import type { Value } from '../../emulator/abi/abi.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import { hostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';
import { Random } from '../../emulator/process/random.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { ExitStatus } from '../../emulator/process/os-model.js';
import { startMachine, type Machine } from '../../machine/machine.js';
import { fixturePath } from './harness.js';
import { pick, WildWords } from './wild-words.js';

const PROGRAMS = ['hello', 'workload', 'lisp', 'barriers', 'trees', 'threads', 'cstuff'];
const BUDGET = 600_000;
const CALLS = 400;
const MEMORY = 256 << 20;

export interface WildResult {
  calls: number;
  /** How the run ended; 'refused' is impossible here. */
  status: ExitStatus['kind'];
  /** The call that was last begun. */
  last: string;
  /** Seconds of host time that the slowest call took. */
  slowest: number;
  slowestCall: string;
}

/** What the runs of one platform share. */
export class Tally {
  /** How often a function ended a run: such are called less and less. */
  readonly ended = new Map<string, number>();
  /** All that there are to call, and those that have been. */
  readonly known = new Set<string>();
  readonly called = new Set<string>();
}

/** A function of a library: the host's, or machine code that the library exports (words for arguments then). */
interface Callable {
  name: string;
  signature: string;
  convention?: 'stdcall' | undefined;
  address(): number;
}

/** Throws what the host threw, with the call that led to it. */
export function wildRun(code: string, seed: number, tally: Tally, only?: string): WildResult {
  const random = new Random(seed);
  const program = pick(random, PROGRAMS);
  const machine = startMachine({
    code,
    path: fixturePath(code, program),
    bytes: readFileSync(fixturePath(code, program)),
    argv: [program],
    env: [],
    seed,
    variety: random.below(2) === 0 ? 'cool' : 'hot',
    scan: [],
    quirks: [],
    directories: [],
    budget: BUDGET,
    memory: MEMORY,
    input: (length) => new Uint8Array(Math.min(length, 16)).fill(49),
    output: () => {},
  });
  const wild = new WildThread(machine, random, tally, only);
  try {
    let status: ExitStatus;
    do {
      status = machine.process.run();
      wild.finished();
    } while (wild.goesOn(status));
    const held = machine.process.engine.peakResidentBytes;
    if (held > MEMORY) throw new Error(`${held} bytes were held`);
    return { calls: wild.calls, status: status.kind, last: wild.last, slowest: wild.slowest, slowestCall: wild.slowestCall };
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new Error(`${code}, seed ${seed} (${program}): ${wild.last}: ${error instanceof Error ? error.stack : String(error)}`, {
      cause: error,
    });
  } finally {
    machine.process.close();
  }
}

class WildThread {
  calls = 0;
  last = 'before the first call';
  slowest = 0;
  slowestCall = '';
  private readonly functions: readonly Callable[];
  private readonly words: WildWords;
  private readonly systemCall: number;
  private readonly back: number;
  private thread: Thread | undefined;
  private sp = 0;
  private began = process.cpuUsage();
  private name = '';

  constructor(
    private readonly machine: Machine,
    private readonly random: Random,
    private readonly tally: Tally,
    only: string | undefined,
  ) {
    const { process: guest, os } = machine;
    this.functions = callables(machine).filter(({ name }) => only === undefined || name === only);
    for (const { name } of this.functions) tally.known.add(name);
    this.words = new WildWords(machine, random);
    this.systemCall = systemCallCode(machine);
    this.back = guest.defineHostFunction(
      hostFunction('wild-return', 'v()', () => this.next()),
      'driver',
    );
    const run = guest.hostCalls.run.bind(guest.hostCalls);
    let before = 1 + random.below(12);
    guest.hostCalls.run = (thread, gate, isNew) => {
      if (this.thread === undefined && guest.hostCalls.running.length === 0) {
        for (const value of gate.bound.arguments(guest.registers(thread), guest.supervisor)) {
          if (typeof value === 'bigint') this.words.see(value);
          else if (typeof value === 'number' && value > 0 && Number.isSafeInteger(value)) this.words.see(BigInt(value));
        }
        if (--before <= 0) {
          this.thread = thread;
          this.sp = guest.registers(thread).get(guest.abi.sp) - 512;
          this.sp -= this.sp % 16;
          this.next();
          return;
        }
      }
      run(thread, gate, isNew);
    };
    const fault = os.memoryFault.bind(os);
    os.memoryFault = (thread, what) => {
      if (thread === this.thread && thread.callbacks.length === 0 && random.below(50) > 0) this.next();
      else fault(thread, what);
    };
  }

  /** What the last call took; called at the end, too. */
  finished(): void {
    const { user, system } = process.cpuUsage(this.began);
    const seconds = (user + system) / 1e6;
    if (this.calls > 0 && seconds > this.slowest) {
      this.slowest = seconds;
      this.slowestCall = this.last;
    }
    if (this.machine.process.status) this.tally.ended.set(this.name, (this.tally.ended.get(this.name) ?? 0) + 1);
  }

  /**
   * A death that a handler could have left by longjmp (of an assertion, of SIGABRT) is such a one, so that one run gets far.
   * Not if the thread itself has ended.
   */
  goesOn({ kind }: ExitStatus): boolean {
    const { thread, machine } = this;
    if (thread === undefined || thread.state === 'ended' || this.calls >= CALLS - 1 || kind === 'budget') return false;
    if (!this.hasStack()) return false;
    machine.process.status = undefined;
    thread.callbacks = [];
    thread.unblock();
    thread.suspendCount = 0;
    this.next();
    return true;
  }

  /** It may have been unmapped. */
  private hasStack(): boolean {
    const { space } = this.machine.process;
    return space.isCommitted(this.sp - 256) && space.isCommitted(this.sp + 256);
  }

  private next(): RegistersReplaced {
    const { machine, random, words, thread } = this;
    const { process: guest } = machine;
    if (thread === undefined) throw new Error('nothing was taken over');
    const registers = guest.registers(thread);
    if (this.calls > 0) {
      this.finished();
      words.see(registers.big(0));
    }
    if (++this.calls >= CALLS) guest.end({ kind: 'exit', code: 0 });
    guest.registers(thread).set(guest.abi.sp, this.sp);
    try {
      words.stir();
    } catch (error) {
      // It was unmapped.
      if (!(error instanceof GuestFault)) throw error;
    }
    // What lies above are the arguments that no prototype names.
    if (!this.hasStack()) guest.end({ kind: 'budget' });
    for (let i = 0; i < 16; i++) guest.supervisor.setBits(this.sp + i * guest.abi.wordSize, words.word());
    if (random.below(25) === 0) this.enterSystem(thread);
    else this.enterFunction(thread);
    const text = process.env.WILD_LOG;
    if (text) writeFileSync(text, `${this.last}\n`);
    this.began = process.cpuUsage();
    return new RegistersReplaced();
  }

  private enterFunction(thread: Thread): void {
    const { machine, random, words } = this;
    const fn = this.choose();
    this.name = fn.name;
    const address = fn.address();
    // Words and pointers keep all bits.
    const signature = fn.signature.replace('.', '').replace(/[pzV]/g, 'w');
    const args = [...signature.slice(signature.indexOf('(') + 1, -1).matchAll(/\{[^}]*\}|./g)].map(([type]): Value => {
      switch (type[0]) {
        case '{':
          return Uint8Array.from({ length: 64 }, () => random.below(256));
        case 'f':
        case 'd':
        case 'D':
          return words.double();
        case 'i':
          return Number(BigInt.asIntN(32, words.word()));
        case 'u':
          return Number(BigInt.asUintN(32, words.word()));
        case 'l':
          return Number(BigInt.asIntN(32, words.word()));
        case 'L':
          return Number(BigInt.asUintN(32, words.word()));
        default:
          return BigInt.asUintN(
            machine.process.abi.wordSize === 4 && type !== 'q' && type !== 'Q' ? 32 : 64,
            random.below(3) === 0 ? words.word() : random.below(6) === 0 ? words.again() : words.pointer(),
          );
      }
    });
    this.last = `${fn.name}(${args.map((arg) => (typeof arg === 'bigint' ? `0x${arg.toString(16)}` : String(arg))).join(', ')})`;
    const enter = machine.process.guestCalls.enter.bind(machine.process.guestCalls) as Enter;
    enter(thread, address, signature, args, this.back, fn.convention);
  }

  /** Mostly one that has not been called, while there are such. */
  private choose(): Callable {
    const { random, functions, tally } = this;
    const fresh = functions.filter(({ name }) => !tally.called.has(name));
    let fn: Callable;
    do fn = pick(random, fresh.length > 0 && random.below(4) > 0 ? fresh : functions);
    while (functions.length > 1 && random.below(1 + (tally.ended.get(fn.name) ?? 0)) > 0);
    tally.called.add(fn.name);
    return fn;
  }

  private enterSystem(thread: Thread): void {
    const { machine, random, words } = this;
    const { process: guest } = machine;
    const number =
      random.below(8) === 0 ? Number(BigInt.asUintN(32, words.word())) : random.below(460) + pick(random, [0, 0, 0x2000000, 0x1000000]);
    const args = Array.from({ length: 6 }, () =>
      BigInt.asUintN(8 * guest.abi.wordSize, random.below(2) === 0 ? words.word() : words.pointer()),
    );
    const registers = guest.registers(thread);
    const enter = guest.guestCalls.enter.bind(guest.guestCalls) as Enter;
    enter(thread, this.systemCall, 'w(wwwwww)', args, this.back);
    // The numbers' registers are 0 (x86) and 8 or 16 (ARM64); IA-32 passes its arguments in registers here.
    if (guest.cpu === 'arm64')
      registers.setBig(machine.platform.os === 'macos' ? 16 : 8, BigInt(random.below(6) === 0 ? -random.below(128) >>> 0 : number));
    else {
      registers.setBig(0, BigInt(number));
      if (guest.cpu === 'ia32') [3, 1, 2, 6, 7].forEach((slot, i) => registers.setBig(slot, args[i]));
      else registers.setBig(10, args[3]);
    }
    this.name = `system call ${number}`;
    this.last = `${this.name}(${args.map((arg) => `0x${arg.toString(16)}`).join(', ')})`;
  }
}

type Enter = (thread: Thread, address: number, signature: string, args: Value[], back: number, convention?: 'stdcall') => void;

function callables({ hosts, images }: Machine): Callable[] {
  const all: Callable[] = hosts.all.map(({ name, signature, convention }) => ({
    name,
    signature,
    convention,
    address: () => hosts.address(name) ?? 0,
  }));
  const named = new Set(all.map(({ name }) => name));
  for (const { image, base } of images.list.slice(1)) {
    for (const { name, kind, offset } of image.exports.values()) {
      if (kind !== 'function' || named.has(name)) continue;
      named.add(name);
      all.push({ name, signature: 'w(wwwwww)', address: () => base + offset });
    }
  }
  return all;
}

/** A page with the instruction that calls the system, and a return. */
function systemCallCode({ process: guest, platform }: Machine): number {
  const at = guest.space.findFree(guest.space.pageSize, guest.space.pageSize, 0x1000_0000, 0x7000_0000, false);
  if (at === undefined) throw new Error('there is no room for the driver');
  guest.space.map(at, guest.space.pageSize, Prot.RWX, { name: 'driver' });
  const code =
    guest.cpu === 'arm64'
      ? platform.os === 'macos'
        ? [0x01, 0x10, 0x00, 0xd4, 0xc0, 0x03, 0x5f, 0xd6]
        : [0x01, 0x00, 0x00, 0xd4, 0xc0, 0x03, 0x5f, 0xd6]
      : guest.cpu === 'ia32'
        ? [0xcd, 0x80, 0xc3]
        : [0x0f, 0x05, 0xc3];
  guest.supervisor.write(at, Uint8Array.from(code));
  return at;
}
