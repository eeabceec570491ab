/**
 * The signal frames of macOS, as sendsig pushes them and sigreturn reads them back:
 * siginfo, the kernel's 56-byte ucontext, and the machine context of exception, thread
 * and floating-point state. Source: bsd/dev, unix_signal.c of i386 and arm; the CPUs' mach _structs.h.
 */
import { Pstate } from '../../emulator/cpu/arm64-exceptions.js';
import { fxsaveImage, initialFxsave, X87Control } from '../../emulator/cpu/fxsave.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { USER_MODE_FLAGS } from '../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { markAlternateStack, onAlternateStack, switchesStack } from '../posix/alternate-stack.js';
import { permitted } from '../posix/frame-memory.js';
import { posixThread, type SignalAction, type SignalInfo } from '../posix/posix-thread.js';
import type { ContextLayout, SignalFrames, StackReader } from '../posix/signal-frames.js';
import { emptySet, type SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';
import {
  ARM_NEON_SIZE,
  EXCEPTION_STATE_SIZE,
  loadFloatState,
  storeExceptionState,
  storeFloatState,
  X86_FLOAT_SIZE,
} from './state-flavors.js';
import { handlerReturns } from './system-code.js';
import { signalInformation } from './signal-information.js';
import { loadThreadState, storeThreadState, threadStateLayout, threadStateName } from './thread-state.js';

const SIGINFO_SIZE = 104;
const UCONTEXT_SIZE = 56;
const Uc = { onstack: 0, sigmask: 4, stackSp: 8, stackSize: 16, stackFlags: 24, link: 32, mcsize: 40, mcontext: 48 } as const;
const GENERAL = EXCEPTION_STATE_SIZE;
/** Left alone below SP, also at the top of an alternate stack. */
const RED_ZONE = 128;
/** What the trampoline is told: a plain handler, or one with SA_SIGINFO. */
const Style = { traditional: 1, siginfo: 30 } as const;
/** The first user of a Mac. */
export const UID = 501;
/** The group of a Mac's users. */
export const STAFF = 20;

export class MacFrames implements SignalFrames {
  readonly context: ContextLayout;
  private readonly mcontextSize: number;
  private readonly floatAt: number;
  private readonly arm: boolean;
  private readonly layout;

  constructor(
    private readonly process: Process,
    private readonly traits: SignalTraits,
    /** Xor-ed with the ucontext's address: what sigreturn checks. */
    private readonly secret: number,
  ) {
    this.arm = process.cpu === 'arm64';
    this.layout = threadStateLayout(process.cpu);
    this.floatAt = GENERAL + this.layout.size;
    this.mcontextSize = this.arm ? this.floatAt + ARM_NEON_SIZE : Math.ceil((this.floatAt + X86_FLOAT_SIZE) / 8) * 8;
    // Here the machine context is behind a pointer, so a handler that looks at it reads these offsets from there.
    this.context = {
      ucontextSize: UCONTEXT_SIZE,
      mcontext: 0,
      mcontextSize: this.mcontextSize,
      sp: GENERAL + this.layout.spOffset,
      pc: GENERAL + this.layout.pcOffset,
      nameOf: (offset) => threadStateName(this.layout, (offset - GENERAL) & ~7),
    };
  }

  private token(ucontext: number): number {
    const low = (ucontext ^ this.secret) >>> 0;
    return Math.floor(ucontext / 2 ** 32) * 2 ** 32 + low;
  }

  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean {
    const { process, traits, arm } = this;
    const registers = process.registers(thread);
    const state = posixThread(thread);
    const interrupted = registers.get(process.abi.sp);
    const already = onAlternateStack(state, interrupted, traits);
    const switches = switchesStack(state, interrupted, action, traits);
    const start = (switches ? state.altStack.sp + state.altStack.size : interrupted) - RED_ZONE;
    const places = arm ? this.armPlaces(start) : this.x86Places(start);
    if (!(places.sp >= 4096)) return false;
    const siginfo = this.siginfo(thread, info, interrupted);
    const ucontext = new DataView(new ArrayBuffer(UCONTEXT_SIZE));
    const put = (offset: number, value: number): void => ucontext.setBigUint64(offset, BigInt(value), true);
    ucontext.setUint32(Uc.onstack, already ? 1 : 0, true);
    ucontext.setUint32(Uc.sigmask, savedMask[0], true);
    put(Uc.stackSp, places.sp);
    put(Uc.stackSize, switches ? state.altStack.size : 0);
    ucontext.setUint32(Uc.stackFlags, already ? traits.altStack.ONSTACK : 0, true);
    put(Uc.mcsize, this.mcontextSize);
    put(Uc.mcontext, places.mcontext);
    const mcontext = new DataView(new ArrayBuffer(this.mcontextSize));
    storeExceptionState(process, thread, mcontext, 0);
    storeThreadState(this.layout, registers, mcontext, GENERAL);
    storeFloatState(process, mcontext, this.floatAt);
    const written = permitted(() => {
      for (const [address, bytes] of [
        [places.siginfo, siginfo],
        [places.ucontext, ucontext],
        [places.mcontext, mcontext],
      ] as const) {
        process.user.write(address, new Uint8Array(bytes.buffer));
      }
    });
    if (!written) return false;
    if (switches) markAlternateStack(state, true);
    const style = action.flags & traits.flags.SIGINFO ? Style.siginfo : Style.traditional;
    const args = [action.handler, style, info.signal, places.siginfo, places.ucontext, this.token(places.ucontext)];
    const slots = arm ? [0, 1, 2, 3, 4, 5] : [X86.rdi, X86.rsi, X86.rdx, X86.rcx, X86.r8, X86.r9];
    slots.forEach((slot, i) => registers.set(slot, args[i]));
    registers.set(process.abi.sp, places.sp);
    // The kernel enters the trampoline that sigaction was given.
    registers.set(process.abi.pc, action.restorer);
    if (arm) registers.set(A64.pstate, registers.get(A64.pstate) & ~Pstate.NZCV);
    else {
      registers.set(X86.rflags, USER_MODE_FLAGS);
      initialFxsave(fxsaveImage(process.engine), X87Control.extended);
      process.engine.writeFloat();
    }
    return true;
  }

  private x86Places(start: number): { sp: number; siginfo: number; ucontext: number; mcontext: number } {
    const ucontext = start - UCONTEXT_SIZE;
    const siginfo = ucontext - SIGINFO_SIZE;
    const mcontext = siginfo - this.mcontextSize;
    const below = mcontext - 16;
    return { sp: below - (below % 16) - 8, siginfo, ucontext, mcontext };
  }

  private armPlaces(start: number): { sp: number; siginfo: number; ucontext: number; mcontext: number } {
    const low = start - SIGINFO_SIZE - UCONTEXT_SIZE - this.mcontextSize;
    const sp = low - (low % 16);
    return { sp, siginfo: sp, ucontext: sp + SIGINFO_SIZE, mcontext: sp + SIGINFO_SIZE + UCONTEXT_SIZE };
  }

  private siginfo(thread: Thread, info: SignalInfo, sp: number): DataView {
    const view = new DataView(new ArrayBuffer(SIGINFO_SIZE));
    const put = (offset: number, value: number): void => view.setBigUint64(offset, BigInt(value), true);
    const { process, traits, arm } = this;
    const { code, address, sent } = signalInformation(arm, traits.numbers, info, posixThread(thread).trap);
    view.setUint32(0, info.signal, true);
    view.setUint32(8, code, true);
    if (sent) {
      view.setUint32(12, info.pid ?? 0, true);
      view.setUint32(16, UID, true);
      // si_status.
      view.setUint32(20, info.signal, true);
    }
    put(0x18, address ?? process.registers(thread).get(process.abi.pc));
    put(0x30, sp);
    return view;
  }

  contextAt(pc: number, sp: number, read: StackReader): number | undefined {
    const { code, ucontext } = handlerReturns[this.arm ? 'arm64' : 'x86-64'];
    if (!read.isCode(pc, code)) return undefined;
    const at = read.word(sp + ucontext);
    return at === undefined ? undefined : read.word(at + Uc.mcontext);
  }

  /** sigreturn(ucontext, style, token): an error's name where the frame is bad. Mask and stack are the frame's all the same if only its token is. */
  sigreturn(thread: Thread, ucontext: number, token: number, setMask: (mask: SignalSet) => void): 'EINVAL' | 'EFAULT' | undefined {
    const { process } = this;
    let context: DataView;
    let machine: DataView;
    try {
      context = new DataView(process.user.bytes(ucontext, UCONTEXT_SIZE).buffer);
      if (this.arm && context.getUint32(Uc.mcsize, true) !== this.mcontextSize) return 'EINVAL';
      const at = context.getUint32(Uc.mcontext, true) + context.getUint32(Uc.mcontext + 4, true) * 2 ** 32;
      machine = new DataView(process.user.bytes(at, this.mcontextSize).buffer);
    } catch (error) {
      if (error instanceof GuestFault) return 'EFAULT';
      throw error;
    }
    markAlternateStack(posixThread(thread), (context.getUint32(Uc.onstack, true) & 1) !== 0);
    const mask = emptySet();
    mask[0] = context.getUint32(Uc.sigmask, true);
    setMask(mask);
    if (token !== this.token(ucontext)) return 'EINVAL';
    const registers = process.load(thread);
    loadFloatState(process, machine, this.floatAt);
    loadThreadState(this.layout, registers, machine, GENERAL);
    return undefined;
  }
}
