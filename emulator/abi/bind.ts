/** A signature bound to a convention: decoding arguments, returning, calling, all from one Plan. */
import { FLOAT_OFFSET } from '../cpu/registers.js';
import type { Registers } from '../engine.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Abi, BoundSignature, FloatAccess, Value, VarArgs } from './abi.js';
import { roundUp, type Convention, type Piece, type Placed, type Plan } from './placement.js';
import { parseSignature, type Signature, type Type } from './types.js';
import { fromBytes, fromHalves, integerFromMemory, popSt0, pushSt0, toBytes, toHalves } from './values.js';

export interface Variadic {
  /** Reader of the arguments after the named ones, at a function's entry. */
  rest(registers: Registers, memory: MemoryView, plan: Plan): VarArgs;
  /** Reader of the va_list passed as `pointer`. */
  list(memory: MemoryView, pointer: number): VarArgs;
  /** The register block's float part is needed by `rest`. */
  restNeedsFloats: boolean;
}

function integerKind(type: Type): boolean {
  return 'iulLpzqQV'.includes(type.kind) && type.kind !== 'struct';
}

export class Bound implements BoundSignature {
  readonly signature: string;
  private readonly parsed: Signature;
  private readonly plan: Plan;
  private readonly quad: boolean;
  /** Per argument, the fast path: a slot (>= 0) or ~offset on the stack; undefined where it needs more. */
  private readonly fast: number[] | undefined;
  private readonly needsFloats: boolean;
  /** Addresses of result memory of calls under way, innermost last. */
  private readonly resultMemory: number[] = [];

  constructor(
    text: string,
    private readonly abi: Abi,
    private readonly convention: Convention,
    private readonly floats: FloatAccess,
    private readonly variadic: Variadic,
  ) {
    this.signature = text;
    this.parsed = parseSignature(text, convention.model);
    this.plan = convention.place(this.parsed);
    this.quad = convention.model.longDouble === 16 && convention.link !== undefined;
    this.needsFloats = this.plan.args.some((arg) => arg.pieces.some((p) => p.place.in === 'vector'));
    const simple = this.plan.args.every((arg) => integerKind(arg.type) && arg.type.kind !== 'V' && arg.pieces.length === 1);
    this.fast = simple
      ? this.plan.args.map(({ pieces: [{ place }] }) =>
          place.in === 'integer' ? place.slot : ~(convention.stackArguments + (place as { offset: number }).offset),
        )
      : undefined;
  }

  arguments(registers: Registers, memory: MemoryView): Value[] {
    const { args } = this.plan;
    const out: Value[] = new Array<Value>(args.length);
    if (this.fast) {
      const sp = registers.get(this.convention.sp);
      for (let i = 0; i < args.length; i++) {
        const at = this.fast[i];
        out[i] = at >= 0 ? fromHalves(args[i].type, registers.lo(at), registers.hi(at)) : integerFromMemory(args[i].type, memory, sp + ~at);
      }
      return out;
    }
    if (this.needsFloats) this.floats.readFloat();
    for (let i = 0; i < args.length; i++) {
      const value = this.take(args[i], registers, memory);
      out[i] = args[i].type.kind === 'V' ? this.variadic.list(memory, value as number) : value;
    }
    return out;
  }

  private take(placed: Placed, registers: Registers, memory: MemoryView): Value {
    const { type, pieces, byReference } = placed;
    if (byReference) return memory.bytes(this.pointerIn(pieces[0], registers, memory), type.size);
    const bytes = new Uint8Array(Math.max(8, type.size));
    for (const piece of pieces) this.read(piece, registers, memory, bytes);
    return fromBytes(type, bytes.subarray(0, type.size));
  }

  private pointerIn({ place }: Piece, registers: Registers, memory: MemoryView): number {
    if (place.in === 'integer') return registers.get(place.slot);
    return memory.word(registers.get(this.convention.sp) + this.convention.stackArguments + (place as { offset: number }).offset);
  }

  private read(piece: Piece, registers: Registers, memory: MemoryView, into: Uint8Array): void {
    const { place, offset, size } = piece;
    switch (place.in) {
      case 'integer':
        into.set(new Uint8Array(registers.buffer, 8 * place.slot, size), offset);
        break;
      case 'vector':
        into.set(new Uint8Array(registers.buffer, this.vector(place.index), size), offset);
        break;
      case 'stack':
        into.set(memory.bytes(registers.get(this.convention.sp) + this.convention.stackArguments + place.offset, size), offset);
        break;
    }
  }

  private vector(index: number): number {
    return FLOAT_OFFSET + this.convention.vectorBase + 16 * index;
  }

  /** Write one piece; `base` is the address of the first stacked argument. Says whether floats changed. */
  private write(piece: Piece, registers: Registers, memory: MemoryView, base: number, bytes: Uint8Array): boolean {
    const { place, offset, size } = piece;
    const part = bytes.subarray(offset, offset + size);
    switch (place.in) {
      case 'integer': {
        const target = new Uint8Array(registers.buffer, 8 * place.slot, 8);
        target.fill(0);
        target.set(part);
        registers.dirty |= 1;
        return false;
      }
      case 'vector':
        new Uint8Array(registers.buffer, this.vector(place.index), 16).fill(0);
        new Uint8Array(registers.buffer, this.vector(place.index), size).set(part);
        return true;
      case 'stack':
        memory.write(base + place.offset, part);
        return false;
      case 'st0':
        return false;
    }
  }

  varargs(registers: Registers, memory: MemoryView): VarArgs {
    if (this.variadic.restNeedsFloats) this.floats.readFloat();
    return this.variadic.rest(registers, memory, this.plan);
  }

  returns(registers: Registers, memory: MemoryView, value: Value): void {
    const { convention, plan } = this;
    const { type } = plan.result;
    if ('memory' in plan.result) {
      const address = this.pointerIn({ place: plan.hidden!, offset: 0, size: 8 }, registers, memory);
      memory.write(address, value as Uint8Array);
      if (plan.hiddenReturn !== undefined) registers.set(plan.hiddenReturn, address);
    } else if (type.kind !== 'v') this.putResult(plan.result, registers, value);
    if (convention.link !== undefined) registers.set(convention.pc, registers.get(convention.link));
    else {
      const sp = registers.get(convention.sp);
      registers.set(convention.pc, memory.word(sp));
      registers.set(convention.sp, sp + convention.model.word + plan.calleePops);
    }
  }

  private putResult(placed: Placed, registers: Registers, value: Value): void {
    const { type, pieces } = placed;
    const [{ place }] = pieces;
    if (place.in === 'st0') {
      this.floats.readFloat();
      pushSt0(registers, type.kind === 'f' ? Math.fround(Number(value)) : Number(value));
      this.floats.writeFloat();
      return;
    }
    if (integerKind(type) && pieces.length === 1 && place.in === 'integer') {
      const [low, high] = toHalves(value);
      const words = new Uint32Array(registers.buffer, 8 * place.slot, 2);
      words[0] = low;
      words[1] = type.size === 8 ? high : 0;
      registers.dirty |= 1;
      return;
    }
    if (pieces.some((p) => p.place.in === 'vector')) this.floats.readFloat();
    const bytes = toBytes(type, value, this.quad);
    let changed = false;
    for (const piece of pieces) changed = this.write(piece, registers, undefined as never, 0, bytes) || changed;
    if (changed) this.floats.writeFloat();
  }

  enter(registers: Registers, memory: MemoryView, target: number, args: Value[], returnAddress: number): void {
    const { convention, plan } = this;
    let top = registers.get(convention.sp) - convention.redZone;
    const copy = (size: number): number => {
      top = roundUp(top - size - 15, 16);
      return top;
    };
    const copies = plan.args.map((arg, i) => {
      if (!arg.byReference) return 0;
      const address = copy(arg.type.size);
      memory.write(address, args[i] as Uint8Array);
      return address;
    });
    let resultMemory = 0;
    if ('memory' in plan.result) {
      resultMemory = copy(plan.result.type.size);
      this.resultMemory.push(resultMemory);
    }
    const align = this.abi.stackAlign;
    const base = Math.floor((top - plan.stackBytes) / align) * align;
    let changed = false;
    if (this.needsFloats) this.floats.readFloat();
    plan.args.forEach((arg, i) => {
      const type: Type = arg.byReference ? { kind: 'p', size: convention.model.word, align: convention.model.word } : arg.type;
      const bytes = toBytes(type, arg.byReference ? copies[i] : args[i], this.quad);
      for (const piece of arg.pieces) changed = this.write(piece, registers, memory, base, bytes) || changed;
    });
    if (plan.hidden) {
      const size = convention.model.word;
      this.write({ place: plan.hidden, offset: 0, size }, registers, memory, base, toBytes({ kind: 'p', size, align: size }, resultMemory, false));
    }
    if (changed) this.floats.writeFloat();
    if (convention.link !== undefined) {
      registers.set(convention.link, returnAddress);
      registers.set(convention.sp, base);
    } else {
      memory.setWord(base - convention.model.word, returnAddress);
      registers.set(convention.sp, base - convention.model.word);
    }
    registers.set(convention.pc, target);
  }

  result(registers: Registers, memory: MemoryView): Value {
    const { plan } = this;
    const { type } = plan.result;
    if ('memory' in plan.result) return memory.bytes(this.resultMemory.pop()!, type.size);
    if (type.kind === 'v') return undefined;
    const [{ place }] = plan.result.pieces;
    if (place.in === 'st0') {
      this.floats.readFloat();
      const value = popSt0(registers);
      this.floats.writeFloat();
      return type.kind === 'f' ? Math.fround(value) : value;
    }
    if (integerKind(type) && place.in === 'integer' && plan.result.pieces.length === 1) {
      return fromHalves(type, registers.lo(place.slot), registers.hi(place.slot));
    }
    if (plan.result.pieces.some((p) => p.place.in === 'vector')) this.floats.readFloat();
    return this.take(plan.result, registers, memory);
  }
}
