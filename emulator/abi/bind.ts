/**
 * A signature bound to a convention: decoding arguments, returning, calling, all from one Plan.
 * Scalars have a fast path: the place and kind of each are compiled to small integers once.
 */
import { present } from '../present.js';
import { FLOAT_OFFSET } from '../cpu/registers.js';
import { RegisterGroup, type Registers } from '../engine.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Abi, BoundSignature, FloatAccess, Value, VarArgs } from './abi.js';
import { fromExtended } from './long-double.js';
import { roundUp, type Convention, type Piece, type Placed, type Plan } from './placement.js';
import { parseSignature, type Signature, type Type } from './types.js';
import { fromBytes, fromHalves, Integer, integerCode, isInteger, lowHalf, popSt0, pushSt0, toBytes } from './values.js';

export interface Variadic {
  /** Reader of the arguments after the named ones, at a function's entry. */
  rest(registers: Registers, memory: MemoryView, plan: Plan, floats: FloatAccess): VarArgs;
  /** Reader of the va_list passed as `pointer`. */
  list(memory: MemoryView, pointer: number): VarArgs;
}

/** How one argument is fetched. `at` is a slot, a byte offset in the block, or an offset from SP. */
const Fetch = { Register: 0, Stack: 1, VectorFloat: 2, VectorDouble: 3, StackFloat: 4, StackDouble: 5, General: 6 } as const;

export class Bound implements BoundSignature {
  readonly signature: string;
  private readonly parsed: Signature;
  private readonly plan: Plan;
  private readonly fetch: Uint8Array;
  private readonly codes: Uint8Array;
  private readonly at: Int32Array;
  private readonly usesStack: boolean;
  private readonly needsFloats: boolean;
  private readonly resultNeedsFloats: boolean;
  /** Slot of an integer result in one register; -1: something else. */
  private readonly resultSlot: number;
  private readonly resultCode: number;

  /** How many arguments, if there are few and all are integers in registers; else -1. */
  private readonly quick: number;
  /** Every argument is an integer in one register or one word of stack. */
  private readonly plain: boolean;

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
    const { args, result } = this.plan;
    this.needsFloats = args.some((arg) => arg.pieces.some((p) => p.place.in === 'vector'));
    this.fetch = new Uint8Array(args.length);
    this.codes = new Uint8Array(args.length);
    this.at = new Int32Array(args.length);
    args.forEach((arg, i) => this.compile(arg, i));
    const few = args.length <= 3 && args.every(({ type }, i) => this.fetch[i] === Fetch.Register && type.kind !== 'V');
    this.quick = few ? args.length : -1;
    this.usesStack = args.some((arg) => arg.pieces.some((p) => p.place.in === 'stack'));
    const word = convention.model.word;
    this.plain =
      !('memory' in result) &&
      !this.parsed.variadic &&
      args.every(
        ({ type, pieces, byReference }) =>
          !byReference && isInteger(type) && pieces.length === 1 && (pieces[0].place.in === 'integer' || type.size === word),
      );
    this.resultSlot = -1;
    this.resultCode = 0;
    this.resultNeedsFloats = false;
    if (!('memory' in result) && result.type.kind !== 'v') {
      const [{ place }] = result.pieces;
      this.resultCode = integerCode(result.type);
      if (isInteger(result.type) && result.pieces.length === 1 && place.in === 'integer') this.resultSlot = place.slot;
      this.resultNeedsFloats = result.pieces.some((p) => p.place.in !== 'integer');
    }
  }

  private compile({ type, pieces, byReference }: Placed, i: number): void {
    const [{ place }] = pieces;
    this.fetch[i] = Fetch.General;
    if (byReference || pieces.length !== 1) return;
    const { kind, size } = type;
    if (place.in === 'integer' && isInteger(type)) {
      this.fetch[i] = Fetch.Register;
      this.at[i] = place.slot;
    } else if (place.in === 'stack' && isInteger(type)) this.fetch[i] = Fetch.Stack;
    else if (place.in === 'stack' && kind === 'f') this.fetch[i] = Fetch.StackFloat;
    else if (place.in === 'stack' && kind === 'd') this.fetch[i] = Fetch.StackDouble;
    else if (place.in === 'vector' && kind === 'f') this.fetch[i] = Fetch.VectorFloat;
    else if (place.in === 'vector' && kind === 'd') this.fetch[i] = Fetch.VectorDouble;
    if (place.in === 'stack') this.at[i] = this.convention.stackArguments + place.offset;
    if (place.in === 'vector') this.at[i] = this.vector(place.index);
    this.codes[i] = kind === 'V' ? (size === 8 ? Integer.Unsigned64 : Integer.Unsigned32) : integerCode(type);
  }

  private vector(index: number): number {
    return FLOAT_OFFSET + this.convention.vectorBase + 16 * index;
  }

  arguments(registers: Registers, memory: MemoryView): Value[] {
    const { fetch, at, codes, plan } = this;
    const count = fetch.length;
    const out: Value[] = new Array<Value>(count);
    if (this.needsFloats) this.floats.readFloat();
    const sp = this.usesStack ? registers.get(this.convention.sp) : 0;
    for (let i = 0; i < count; i++) {
      const place = at[i];
      const code = codes[i];
      switch (fetch[i]) {
        case Fetch.Register:
          out[i] = fromHalves(code, registers.lo(place), registers.hi(place));
          break;
        case Fetch.Stack:
          out[i] = fromHalves(code, memory.u32(sp + place), code >= Integer.Signed64 ? memory.u32(sp + place + 4) : 0);
          break;
        case Fetch.StackFloat:
          out[i] = memory.f32(sp + place);
          break;
        case Fetch.StackDouble:
          out[i] = memory.f64(sp + place);
          break;
        case Fetch.VectorFloat:
          out[i] = new DataView(registers.buffer).getFloat32(place, true);
          break;
        case Fetch.VectorDouble:
          out[i] = new DataView(registers.buffer).getFloat64(place, true);
          break;
        default:
          out[i] = this.take(plan.args[i], registers, memory);
      }
      if (plan.args[i].type.kind === 'V') out[i] = this.variadic.list(memory, out[i] as number);
    }
    return out;
  }

  apply<T, R>(body: (first: T, ...args: Value[]) => R, first: T, registers: Registers, memory: MemoryView): R {
    switch (this.quick) {
      case 0:
        return body(first);
      case 1:
        return body(first, this.quickly(0, registers));
      case 2:
        return body(first, this.quickly(0, registers), this.quickly(1, registers));
      case 3:
        return body(first, this.quickly(0, registers), this.quickly(1, registers), this.quickly(2, registers));
      default:
        return body(first, ...this.arguments(registers, memory));
    }
  }

  private quickly(i: number, registers: Registers): Value {
    const place = this.at[i];
    return fromHalves(this.codes[i], registers.lo(place), registers.hi(place));
  }

  private take(placed: Placed, registers: Registers, memory: MemoryView): Value {
    const { type, pieces, byReference } = placed;
    if (byReference) return memory.bytes(this.pointerIn(pieces[0], registers, memory), type.size);
    const bytes = new Uint8Array(Math.max(8, type.size));
    for (const piece of pieces) this.read(piece, registers, memory, bytes);
    return fromBytes(type, bytes.subarray(0, type.size), this.convention.model);
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

  /** Write one piece; `base` is the address of the first stacked argument. */
  private write(piece: Piece, registers: Registers, memory: MemoryView | undefined, base: number, bytes: Uint8Array): void {
    const { place, offset, size } = piece;
    const part = bytes.subarray(offset, offset + size);
    switch (place.in) {
      case 'integer': {
        const target = new Uint8Array(registers.buffer, 8 * place.slot, 8);
        target.fill(0);
        target.set(part);
        registers.dirty |= RegisterGroup.General;
        break;
      }
      case 'vector':
        new Uint8Array(registers.buffer, this.vector(place.index), 16).fill(0);
        new Uint8Array(registers.buffer, this.vector(place.index), size).set(part);
        break;
      case 'stack':
        present(memory, 'memory').write(base + place.offset, part);
        break;
    }
  }

  varargs(registers: Registers, memory: MemoryView): VarArgs {
    if (!this.parsed.variadic) throw new Error(`'${this.signature}' has no variable arguments`);
    return this.variadic.rest(registers, memory, this.plan, this.floats);
  }

  returns(registers: Registers, memory: MemoryView, value: Value): void {
    const { convention, plan } = this;
    if ('memory' in plan.result) {
      const address = this.pointerIn({ place: present(plan.hidden, 'the pointer to the result'), offset: 0, size: 8 }, registers, memory);
      memory.write(address, toBytes(plan.result.type, value, convention.model));
      if (plan.hiddenReturn !== undefined) registers.set(plan.hiddenReturn, address);
    } else if (this.resultSlot >= 0) this.putInteger(registers, this.resultSlot, value);
    else if (plan.result.type.kind !== 'v') this.putResult(plan.result, registers, value);
    if (convention.link !== undefined) registers.set(convention.pc, registers.get(convention.link));
    else {
      const sp = registers.get(convention.sp);
      registers.set(convention.pc, memory.word(sp));
      registers.set(convention.sp, sp + convention.model.word + plan.calleePops);
    }
  }

  /** As a 32-bit move does, a 32-bit result clears the upper half. */
  private putInteger(registers: Registers, slot: number, value: Value): void {
    if (this.resultCode < Integer.Signed64) registers.set(slot, lowHalf(value));
    else if (typeof value === 'bigint') registers.setBig(slot, BigInt.asUintN(64, value));
    else if (Number(value ?? 0) < 2 ** 64) registers.set(slot, Number(value ?? 0));
    else registers.setBig(slot, 0xffffffffffffffffn);
  }

  private putResult(placed: Placed, registers: Registers, value: Value): void {
    const { type, pieces } = placed;
    if (this.resultNeedsFloats) this.floats.readFloat();
    if (pieces[0].place.in === 'st0') {
      if (placed.x87) this.pushStruct(placed.x87, registers, toBytes(type, value, this.convention.model));
      // Ten bytes: a result with all the bits that the register has.
      else if (value instanceof Uint8Array) pushSt0(registers, value);
      else pushSt0(registers, type.kind === 'f' ? Math.fround(Number(value)) : Number(value));
    } else {
      const bytes = toBytes(type, value, this.convention.model);
      for (const piece of pieces) this.write(piece, registers, undefined, 0, bytes);
    }
    if (this.resultNeedsFloats) this.floats.writeFloat();
  }

  enter(registers: Registers, memory: MemoryView, target: number, args: Value[], returnAddress: number): void {
    const { convention, plan } = this;
    if (this.plain && this.enterPlain(registers, memory, target, args, returnAddress)) return;
    if (args.length !== plan.args.length)
      throw new TypeError(`'${this.signature}' takes ${plan.args.length} arguments, not ${args.length}`);
    const { word } = convention.model;
    const align = this.abi.stackAlign;
    // From the top down: copies of large structs, the result's memory, stacked arguments, the return address.
    let top = registers.get(convention.sp) - convention.redZone;
    top -= top % 16;
    const pointer: Type = { kind: 'p', size: word, align: word };
    const values: Value[] = plan.args.map((arg, i) => {
      if (!arg.byReference) return args[i];
      top = Math.floor((top - arg.type.size) / 16) * 16;
      memory.write(top, toBytes(arg.type, args[i], convention.model));
      return top;
    });
    if ('memory' in plan.result) top = Math.floor((top - plan.result.type.size) / 16) * 16;
    const base = Math.floor((top - plan.stackBytes) / align) * align;
    if (this.needsFloats) this.floats.readFloat();
    plan.args.forEach((arg, i) => {
      const bytes = toBytes(arg.byReference ? pointer : arg.type, values[i], convention.model);
      for (const piece of arg.pieces) {
        this.write(piece, registers, memory, base, bytes);
        const { place } = piece;
        // A variadic callee looks for floats in the integer register of their position.
        if (this.parsed.variadic && place.in === 'vector' && convention.floatsInBoth) {
          this.write(
            { ...piece, place: { in: 'integer', slot: convention.integerArguments[place.index] } },
            registers,
            memory,
            base,
            bytes,
          );
        }
      }
    });
    if (plan.hidden)
      this.write({ place: plan.hidden, offset: 0, size: word }, registers, memory, base, toBytes(pointer, top, convention.model));
    if (this.parsed.variadic && convention.vectorCount !== undefined) registers.set(convention.vectorCount, plan.vectors);
    if (this.needsFloats) this.floats.writeFloat();
    this.jump(registers, memory, base, target, returnAddress);
  }

  /** As a call instruction does, with the first stacked argument at `base`. */
  private jump(registers: Registers, memory: MemoryView, base: number, target: number, returnAddress: number): void {
    const { link, model, pc, sp } = this.convention;
    if (link !== undefined) {
      registers.set(link, returnAddress);
      registers.set(sp, base);
    } else {
      memory.setWord(base - model.word, returnAddress);
      registers.set(sp, base - model.word);
    }
    registers.set(pc, target);
  }

  /** Words in registers and on the stack, nothing else: no bytes in between. */
  private enterPlain(registers: Registers, memory: MemoryView, target: number, args: Value[], returnAddress: number): boolean {
    const { convention, plan } = this;
    if (args.length !== plan.args.length) return false;
    const { word } = convention.model;
    const align = this.abi.stackAlign;
    const base = Math.floor((registers.get(convention.sp) - convention.redZone - plan.stackBytes) / align) * align;
    for (let i = 0; i < args.length; i++) {
      const { place } = plan.args[i].pieces[0];
      const value = args[i];
      if (typeof value === 'bigint') {
        if (place.in !== 'integer' || word !== 8) return false;
        registers.setBig(place.slot, BigInt.asUintN(64, value));
        continue;
      }
      if (typeof value !== 'number' || value < 0 || value >= 2 ** 53) return false;
      if (place.in === 'integer') registers.set(place.slot, value);
      else memory.setWord(base + (place as { offset: number }).offset, value);
    }
    this.jump(registers, memory, base, target, returnAddress);
    return true;
  }

  result(registers: Registers, memory: MemoryView): Value {
    const { convention, plan } = this;
    const { type } = plan.result;
    if ('memory' in plan.result) {
      // Where `enter` put it: SP is now `base` again (plus what the callee popped).
      const base = registers.get(convention.sp) - plan.calleePops;
      return memory.bytes(base + roundUp(plan.stackBytes, this.abi.stackAlign), type.size);
    }
    if (this.resultSlot >= 0) return fromHalves(this.resultCode, registers.lo(this.resultSlot), registers.hi(this.resultSlot));
    if (type.kind === 'v') return undefined;
    if (this.resultNeedsFloats) this.floats.readFloat();
    if (plan.result.pieces[0].place.in === 'st0') {
      const popped = popSt0(registers);
      this.floats.writeFloat();
      const kind = plan.result.x87 ?? type;
      const number = fromExtended(new DataView(popped.buffer), 0);
      const value = kind.kind === 'f' ? Math.fround(number) : number;
      return type.kind === 'struct' ? padded(kind.kind === 'D' ? popped : toBytes(kind, value, convention.model), type.size) : value;
    }
    return this.take(plan.result, registers, memory);
  }

  private pushStruct(member: Type, registers: Registers, bytes: Uint8Array): void {
    pushSt0(registers, member.kind === 'D' ? bytes : (fromBytes(member, bytes, this.convention.model) as number));
  }
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  out.set(bytes);
  return out;
}
