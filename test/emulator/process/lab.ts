/** A process without an operating system: guest code from assembly text, host functions by name, threads with a stack each. */
import type { CpuName } from '../../../emulator/engine.js';
import { Prot } from '../../../emulator/engine.js';
import { X86, A64 } from '../../../emulator/cpu/registers.js';
import { hostFunction, RegistersReplaced, type HostCall, type HostFunction } from '../../../emulator/process/host-call.js';
import type { MemoryFault, OsModel } from '../../../emulator/process/os-model.js';
import { Process } from '../../../emulator/process/process.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { assemble, textFor } from '../engine/machine.js';
import { there } from '../../there.js';

export { CPUS, textFor } from '../engine/machine.js';

export const CODE = 0x100000;
export const DATA = 0x200000;
const STACKS = 0x400000;
const STACK_BYTES = 0x10000;

const abis = { ia32: 'sysv-i386', 'x86-64': 'sysv-x86-64', arm64: 'aapcs64' } as const;

export interface LabOptions {
  seed?: number;
  budget?: number;
  /** What the OS model does with a fault; by default the process ends. */
  fault?: (lab: Lab, thread: Thread, fault: MemoryFault) => void;
}

export class Lab {
  readonly process: Process;
  readonly log: unknown[] = [];
  private readonly gates = new Map<string, number>();
  private next = CODE;

  constructor(
    readonly cpu: CpuName,
    functions: HostFunction[] = [],
    options: LabOptions = {},
  ) {
    this.process = new Process({
      cpu,
      abi: abis[cpu],
      pageSize: 4096,
      gates: { base: 0x70000000, size: 0x10000 },
      memory: 16 << 20,
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.budget !== undefined && { budget: options.budget }),
    });
    const { process } = this;
    const end = (text: string): never => process.end({ kind: 'error', text });
    const os: OsModel = {
      name: 'none',
      memoryFault: (thread, fault) =>
        options.fault ? options.fault(this, thread, fault) : end(`fault at 0x${fault.address.toString(16)}, pc 0x${fault.pc.toString(16)}`),
      systemCall: () => end('system call'),
      interrupt: (_thread, vector) => end(`interrupt ${vector}`),
      invalidInstruction: () => end('invalid instruction'),
    };
    process.os = os;
    process.space.map(CODE, 0x10000, Prot.RX, { name: 'code' });
    process.space.map(DATA, 0x10000, Prot.RW, { name: 'data' });
    const note: HostFunction = hostFunction('note', 'v(z)', (_call, value) => void this.log.push(value));
    const finish: HostFunction = hostFunction('end-thread', 'v()', (call) => this.finish(call));
    for (const fn of [note, finish, ...functions]) this.gates.set(fn.name, process.defineHostFunction(fn, 'lab'));
  }

  private finish(call: HostCall): RegistersReplaced {
    this.process.endThread(call.thread, 0n);
    if (this.process.threads.every((t) => t.state === 'ended')) this.process.end({ kind: 'exit', code: 0 });
    return new RegistersReplaced();
  }

  gate(name: string): number {
    return there(this.gates.get(name));
  }

  /** Assemble at the next free place; `call NAME` and `load REG, NAME` name host functions or numbers. */
  code(texts: Parameters<typeof textFor>[1]): number {
    const address = this.next;
    const text = textFor(this.cpu, texts)
      .replace(/load (\w+), (\w+)/g, (_, register: string, name: string) => this.load(register, name))
      .replace(/call (\w[\w-]*)/g, (whole, name: string) => (this.gates.has(name) ? this.callTo(name) : whole));
    const bytes = assemble(this.cpu, text, address);
    this.process.supervisor.write(address, bytes);
    this.process.engine.codeChanged(address, bytes.length);
    this.next = Math.ceil((address + bytes.length) / 16) * 16;
    return address;
  }

  private load(register: string, name: string): string {
    const value = this.gates.get(name) ?? Number(name);
    if (this.cpu !== 'arm64') return `mov ${register}, ${value}`;
    return `movz ${register}, #${value & 0xffff}; movk ${register}, #${value >>> 16}, lsl #16`;
  }

  private callTo(name: string): string {
    if (this.cpu === 'arm64') return `${this.load('x9', name)}; blr x9`;
    return this.cpu === 'ia32' ? `mov eax, ${this.gates.get(name)}; call eax` : `mov rax, ${this.gates.get(name)}; call rax`;
  }

  /** A thread that calls the function at `entry` and then ends. */
  thread(entry: number, ...args: number[]): Thread {
    const { process } = this;
    const index = process.threads.length;
    const thread = process.createThread(`t${index + 1}`, this.cpu === 'ia32' ? '32' : '64');
    thread.stackBase = STACKS + index * 2 * STACK_BYTES;
    thread.stackLimit = thread.stackBase + STACK_BYTES;
    process.space.map(thread.stackBase, STACK_BYTES, Prot.RW, { name: 'stack' });
    process.withThread(thread, (registers) => {
      registers.set(process.abi.sp, thread.stackLimit - 256);
      const signature = process.abi.bind(`v(${'z'.repeat(args.length)})`);
      signature.enter(registers, process.supervisor, entry, args, this.gate('end-thread'));
    });
    return thread;
  }

  /** PC of the loaded thread. */
  get pc(): number {
    return this.process.engine.registers.get(this.cpu === 'arm64' ? A64.pc : X86.rip);
  }

  register(thread: Thread, name: string): number {
    const slots: Record<string, number> = this.cpu === 'arm64' ? A64 : X86;
    return this.process.withThread(thread, (registers) => registers.get(slots[name.replace(/^e(..)$/, 'r$1')]));
  }

  run() {
    try {
      return this.process.run();
    } finally {
      this.process.close();
    }
  }
}

/** A function of one argument `count`: notes `value` that many times, with a few instructions in between. */
export function noter(lab: Lab, value: number): number {
  return lab.code({
    ia32: `push ebx; mov ebx, [esp+8]; again: push ${value}; call note; add esp, 4; nop; nop; dec ebx; jnz again; pop ebx; ret`,
    x64: `push rbx; mov rbx, rdi; again: mov rdi, ${value}; call note; nop; nop; dec rbx; jnz again; pop rbx; ret`,
    arm64: `stp x29, x30, [sp, #-32]!; str x19, [sp, #16]; mov x19, x0; again: mov x0, #${value}; call note; nop; nop; subs x19, x19, #1; b.ne again; ldr x19, [sp, #16]; ldp x29, x30, [sp], #32; ret`,
  });
}
