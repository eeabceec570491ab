/** The eight calling conventions by name. */
import { A64, FLOAT_OFFSET, X86 } from '../cpu/registers.js';
import type { Registers } from '../engine.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Abi, BoundSignature, FloatAccess, VarArgs } from './abi.js';
import { arm64 } from './arm64.js';
import { Bound, type Variadic } from './bind.js';
import { ia32 } from './ia32.js';
import type { Convention } from './placement.js';
import { sysvX8664 } from './sysv-x86-64.js';
import { RegisterVarArgs, StackVarArgs, type RegisterSave } from './varargs.js';
import { win64 } from './win64.js';

const conventions: Record<Abi['name'], Convention> = {
  cdecl: ia32({ windows: true, smallStructsInRegisters: true, pops: false }),
  stdcall: ia32({ windows: true, smallStructsInRegisters: true, pops: true }),
  'sysv-i386': ia32({ windows: false, smallStructsInRegisters: false, pops: false }),
  'freebsd-i386': ia32({ windows: false, smallStructsInRegisters: true, pops: false }),
  'sysv-x86-64': sysvX8664,
  win64,
  aapcs64: arm64(false),
  'apple-arm64': arm64(true),
};

/** Register arguments as they still are in the block. */
class LiveRegisters implements RegisterSave {
  constructor(
    private readonly registers: Registers,
    private readonly slots: readonly number[],
    private readonly vectorBase: number,
    private readonly floats: FloatAccess,
  ) {}

  private view: DataView | undefined;

  /** The vector registers, fetched from the engine when the first of them is wanted: most calls want none. */
  private get vectors(): DataView {
    if (this.view) return this.view;
    this.floats.readFloat();
    return (this.view = new DataView(this.registers.buffer, FLOAT_OFFSET + this.vectorBase));
  }

  integerLow(index: number): number {
    return this.registers.lo(this.slots[index]);
  }

  integerHigh(index: number): number {
    return this.registers.hi(this.slots[index]);
  }

  double(index: number): number {
    return this.vectors.getFloat64(16 * index, true);
  }

  vector(index: number): Uint8Array {
    const { buffer, byteOffset } = this.vectors;
    return new Uint8Array(buffer, byteOffset + 16 * index, 16).slice();
  }
}

/** Register arguments as a va_list's save areas hold them. */
class SavedRegisters implements RegisterSave {
  constructor(
    private readonly memory: MemoryView,
    private readonly integers: number,
    private readonly vectors: number,
  ) {}

  integerLow(index: number): number {
    return this.memory.u32(this.integers + 8 * index);
  }

  integerHigh(index: number): number {
    return this.memory.u32(this.integers + 8 * index + 4);
  }

  double(index: number): number {
    return this.memory.f64(this.vectors + 16 * index);
  }

  vector(index: number): Uint8Array {
    return this.memory.bytes(this.vectors + 16 * index, 16);
  }
}

/** IA-32 and Apple ARM64: va_list is a pointer into the stack. */
function stacked(convention: Convention): Variadic {
  const { word, long, longDouble } = convention.model;
  const reader = (memory: MemoryView, address: number): VarArgs =>
    new StackVarArgs(memory, address, word, long, longDouble === 12 ? 12 : 8);
  return {
    rest: (registers, memory, plan) => reader(memory, registers.get(convention.sp) + convention.stackArguments + plan.stackBytes),
    list: reader,
  };
}

/** Windows x64: the first four positions are still in registers (the caller put floats in the integer ones too). */
function homed(convention: Convention): Variadic {
  const reader = (memory: MemoryView, address: number): VarArgs => new StackVarArgs(memory, address, 8, 4, 8);
  return {
    rest(registers, memory, plan) {
      // As the callee's prologue does: spill the registers to their home space.
      const home = registers.get(convention.sp) + 8;
      convention.integerArguments.forEach((slot, i) => {
        if (i < plan.integers) return;
        memory.setU32(home + 8 * i, registers.lo(slot));
        memory.setU32(home + 8 * i + 4, registers.hi(slot));
      });
      return reader(memory, home + 8 * plan.integers);
    },
    list: reader,
  };
}

function sysv(convention: Convention): Variadic {
  return {
    rest: (registers, memory, plan, floats) =>
      new RegisterVarArgs(
        memory,
        new LiveRegisters(registers, convention.integerArguments, convention.vectorBase, floats),
        plan.integers,
        6,
        plan.vectors,
        8,
        registers.get(X86.rsp) + 8 + plan.stackBytes,
        false,
      ),
    /** {gp_offset, fp_offset, overflow_arg_area, reg_save_area} */
    list(memory, at) {
      const save = memory.word(at + 16);
      const vectors = Math.max(0, (memory.u32(at + 4) - 48) / 16);
      return new RegisterVarArgs(
        memory,
        new SavedRegisters(memory, save, save + 48),
        memory.u32(at) / 8,
        6,
        vectors,
        8,
        memory.word(at + 8),
        false,
      );
    },
  };
}

function aapcs(convention: Convention): Variadic {
  return {
    rest: (registers, memory, plan, floats) =>
      new RegisterVarArgs(
        memory,
        new LiveRegisters(registers, convention.integerArguments, 0, floats),
        plan.integers,
        8,
        plan.vectors,
        8,
        registers.get(A64.sp) + plan.stackBytes,
        true,
      ),
    /** {__stack, __gr_top, __vr_top, __gr_offs, __vr_offs}: offsets count up to 0 from the tops. */
    list(memory, at) {
      const integers = 8 + memory.i32(at + 24) / 8;
      const vectors = 8 + memory.i32(at + 28) / 16;
      const save = new SavedRegisters(memory, memory.word(at + 8) - 64, memory.word(at + 16) - 128);
      return new RegisterVarArgs(memory, save, integers, 8, vectors, 8, memory.word(at), true);
    },
  };
}

function variadicOf(name: Abi['name'], convention: Convention): Variadic {
  switch (name) {
    case 'win64':
      return homed(convention);
    case 'sysv-x86-64':
      return sysv(convention);
    case 'aapcs64':
      return aapcs(convention);
    default:
      return stacked(convention);
  }
}

export function abiFor(name: Abi['name'], floats: FloatAccess): Abi {
  const convention = conventions[name];
  const variadic = variadicOf(name, convention);
  const bound = new Map<string, BoundSignature>();
  const abi: Abi = {
    name,
    wordSize: convention.model.word,
    redZone: convention.redZone,
    stackAlign: 16,
    pc: convention.pc,
    sp: convention.sp,
    bind(signature) {
      let found = bound.get(signature);
      if (!found) bound.set(signature, (found = new Bound(signature, abi, convention, floats, variadic)));
      return found;
    },
  };
  return abi;
}
