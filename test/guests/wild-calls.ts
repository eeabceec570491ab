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
import { hostFunction, RegistersReplaced, type HostFunction } from '../../emulator/process/host-call.js';
import { Random } from '../../emulator/process/random.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { ExitStatus } from '../../emulator/process/os-model.js';
import { startMachine, type Machine } from '../../machine/machine.js';
import { fixturePath } from './harness.js';
import { pick, WildWords } from './wild-words.js';

const PROGRAMS = ['hello', 'workload', 'lisp', 'barriers', 'trees', 'threads', 'cstuff'];
const BUDGET = 600_000;
const CALLS = 400;

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

/** Functions that ended runs: they are called less and less. */
export type Ended = Map<string, number>;

/** Throws what the host threw, with the call that led to it. */
export function wildRun(code: string, seed: number, ended: Ended, only?: string): WildResult {
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
    input: (length) => new Uint8Array(Math.min(length, 16)).fill(49),
    output: () => {},
  });
  const wild = new WildThread(machine, random, ended, only);
  try {
    let status: ExitStatus;
    do {
      status = machine.process.run();
      wild.finished();
    } while (wild.goesOn(status));
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
  private readonly functions: readonly HostFunction[];
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
    private readonly ended: Ended,
    only: string | undefined,
  ) {
    const { process: guest, os } = machine;
    this.functions = machine.hosts.all.filter(({ name }) => only === undefined || name === only);
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
    if (this.machine.process.status) this.ended.set(this.name, (this.ended.get(this.name) ?? 0) + 1);
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
    let fn: HostFunction;
    do fn = pick(random, this.functions);
    while (this.functions.length > 1 && random.below(1 + (this.ended.get(fn.name) ?? 0)) > 0);
    this.name = fn.name;
    const address = machine.hosts.address(fn.name) ?? 0;
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
            random.below(3) === 0 ? words.word() : words.pointer(),
          );
      }
    });
    this.last = `${fn.name}(${args.map((arg) => (typeof arg === 'bigint' ? `0x${arg.toString(16)}` : String(arg))).join(', ')})`;
    const enter = machine.process.guestCalls.enter.bind(machine.process.guestCalls) as Enter;
    enter(thread, address, signature, args, this.back, fn.convention);
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
