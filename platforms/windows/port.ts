/**
 * What the MPS needs of Windows, by its own calls, as the kit's vmw3, protw3,
 * thw3, prmcw3 and ss do: VirtualAlloc and VirtualProtect, a vectored exception
 * handler, SuspendThread, and GetThreadContext when a thread is scanned.
 */
import { present } from '../../emulator/present.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import { Access } from '../../emulator/engine.js';
import { hostFunction, type HostCall } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { AccessSet, type Port, type PortThread, type ScanArea } from '../port.js';
import type { Platform } from '../codes.js';
import { PortBase } from '../port-base.js';
import { contextName } from './context-names.js';
import { copyXmm } from './context.js';
import type { Core } from './core.js';
import { CURRENT_THREAD } from './handles.js';
import type { HandleTable } from './handles.js';
import { JUMP_BUFFER_BYTES, jumpBufferName, saveJumpBuffer, XMM_OFFSET_64 } from './jump-buffer.js';
import type { LastError } from './last-error.js';
import { Group } from './layout.js';
import { Mem, Page } from './memory-constants.js';
import type { Ntdll } from './ntdll.js';
import { ThreadObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';
import { Status } from './status.js';
import { ThreadRight } from './suspension.js';
import type { Suspension } from './suspension.js';
import { windowsThread } from './windows-thread.js';

interface Needs extends Pick<Core, 'process' | 'layout' | 'vm'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly ntdll: Ntdll;
  readonly handles: HandleTable;
  readonly suspension: Suspension;
}

const CONTINUE_EXECUTION = -1;
const CONTINUE_SEARCH = 0;
const NONCONTINUABLE = 1;
/** The kit's stack probe, in words below SP. */
const PROBE_WORDS = 500;
/** More than what this file takes of the caller's stack afterwards: jmp_buf, CONTEXT, alignment. */
const LOCALS = 0x1200;

interface WindowsPortThread extends PortThread {
  /** Duplicate of the thread's handle, with the rights that stopping and looking need. */
  handle: number;
  threadId: number;
  object: ThreadObject;
}

export class WindowsPort extends PortBase implements Port {
  protected readonly jumpBufferSize: number;
  private readonly wordSize: 4 | 8;
  private handler: ((address: number, mode: number) => boolean) | undefined;
  private readonly physicalBytes: Uint8Array;
  /** The CONTEXT on the collecting thread's stack: the kit's local, so one place for each entry to the MPS. */
  private local: { call: HostCall; address: number } | undefined;

  constructor(
    platform: Platform,
    private readonly os: Needs,
  ) {
    super(platform, os.process);
    this.wordSize = os.layout.wordSize;
    this.jumpBufferSize = JUMP_BUFFER_BYTES[this.wordSize];
    this.physicalBytes = new Uint8Array(this.physical);
  }

  /** clock() of the Microsoft run-time: milliseconds since the start. */
  override get clocksPerSecond(): number {
    return 1000;
  }

  // vmw3

  vmReserve(size: number, options: { topDown: boolean }): number | undefined {
    return this.os.vm.allocate(0, size, Mem.RESERVE | (options.topDown ? Mem.TOP_DOWN : 0), Page.NOACCESS) || undefined;
  }

  vmMap(base: number, limit: number): boolean {
    return this.os.vm.allocate(base, limit - base, Mem.COMMIT, Page.EXECUTE_READWRITE) === base;
  }

  vmUnmap(base: number, limit: number): void {
    if (!this.os.vm.free(base, limit - base, Mem.DECOMMIT)) throw new Error(`vmUnmap: VirtualFree fails with error ${this.os.vm.error}`);
  }

  vmRelease(base: number, _size: number): void {
    if (!this.os.vm.free(base, 0, Mem.RELEASE)) throw new Error(`vmRelease: VirtualFree fails with error ${this.os.vm.error}`);
  }

  // protw3

  protSet(base: number, limit: number, mode: number): void {
    const protect = mode & AccessSet.Read ? Page.NOACCESS : mode & AccessSet.Write ? Page.EXECUTE_READ : Page.EXECUTE_READWRITE;
    if (!this.os.vm.protect(base, limit - base, protect)) throw new Error(`protSet: VirtualProtect fails with error ${this.os.vm.error}`);
  }

  protSetup(handler: (address: number, mode: number) => boolean): void {
    const installed = this.handler !== undefined;
    this.handler = handler;
    if (installed) return;
    const gate = this.process.defineHostFunction(
      hostFunction('ProtSEHfilter', 'i(p)', (call, pointers) => this.exception(call, pointers), 'stdcall'),
      'libmps',
    );
    if (!this.os.ntdll.addVectored('Exception', true, gate)) throw new Error('protSetup: AddVectoredExceptionHandler fails');
  }

  /** The vectored handler: reads the record that the kernel left on the faulting thread's stack. */
  private exception(call: HostCall, pointers: number): number {
    const { memory, os } = this;
    const at = os.layout.record;
    const record = memory.word(pointers);
    if (memory.u32(record) !== Status.ACCESS_VIOLATION) return CONTINUE_SEARCH;
    if (memory.u32(record + at.flags) & NONCONTINUABLE || memory.u32(record + at.parameters) < 2) return CONTINUE_SEARCH;
    const kind = memory.word(record + at.information);
    if (kind !== 0 && kind !== 1 && kind !== 8) return CONTINUE_SEARCH;
    const address = memory.word(record + at.information + this.wordSize);
    // The last word of memory is nobody's; on x86-64 that is where accesses without an address are reported.
    if (address > (this.wordSize === 4 ? 0xffffffff - 4 : 2 ** 53)) return CONTINUE_SEARCH;
    const thread = call.thread;
    const error = os.lastError.get(thread);
    const handled = this.handler?.(address, kind === 1 ? AccessSet.ReadWrite : AccessSet.Read);
    os.lastError.set(thread, error);
    return handled ? CONTINUE_EXECUTION : CONTINUE_SEARCH;
  }

  // thw3

  threadRegister(): PortThread | undefined {
    const thread = this.callNow().thread;
    const { object, id } = windowsThread(thread);
    // DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), ..., THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT)
    const entry = this.os.handles.resolve(thread, CURRENT_THREAD);
    if (!entry) return undefined;
    const handle = this.os.handles.open(object, ThreadRight.SUSPEND_RESUME | ThreadRight.GET_CONTEXT);
    const registered: WindowsPortThread = { id: thread.id, handle, threadId: id, object };
    return registered;
  }

  threadDeregister(thread: PortThread): void {
    this.os.handles.close((thread as WindowsPortThread).handle);
  }

  isCurrent(thread: PortThread): boolean {
    const current = this.currentCall()?.thread ?? this.process.current;
    return current !== undefined && windowsThread(current).id === (thread as WindowsPortThread).threadId;
  }

  threadSuspend(thread: PortThread): boolean {
    return this.os.suspension.suspend(this.caller(), (thread as WindowsPortThread).handle) >= 0;
  }

  threadResume(thread: PortThread): boolean {
    return this.os.suspension.resume(this.caller(), (thread as WindowsPortThread).handle) >= 0;
  }

  private caller(): Thread {
    return present(this.currentCall()?.thread ?? this.process.current, 'the current thread');
  }

  threadAreas(thread: PortThread, cold: number): ScanArea[] | undefined {
    const { os, memory, wordSize } = this;
    const at = os.layout.context;
    const caller = this.caller();
    const address = this.contextPlace(caller);
    const offset = memory.physical(address, Access.Write);
    const bytes = this.physicalBytes.subarray(offset, offset + at.bytes);
    memory.setU32(address + at.flags, at.base | Group.CONTROL | Group.INTEGER);
    if (!os.suspension.get(caller, (thread as WindowsPortThread).handle, bytes)) return undefined;
    const sp = memory.word(address + at.rsp);
    const base = Math.ceil(sp / wordSize) * wordSize;
    if (base >= cold) return [];
    const stood = { pc: memory.word(address + at.rip), returned: false };
    return [
      { base, limit: cold, kind: 'stack', nameOf: (word) => this.slotName(word, sp), stood },
      { base: address, limit: address + at.bytes, kind: 'registers', nameOf: (word) => contextName(wordSize, word - address), stood },
    ];
  }

  /** Room for a CONTEXT on the caller's stack, aligned so that it is within one page and one piece of physical memory. */
  private contextPlace(caller: Thread): number {
    const call = this.currentCall();
    if (!call) throw new Error('a thread can be scanned only from within the MPS');
    if (this.local?.call === call) return this.local.address;
    const { bytes } = this.os.layout.context;
    const address = call.pushStack(bytes, bytes > 1024 ? 2048 : 1024);
    this.touch(caller, address);
    this.local = { call, address };
    return address;
  }

  // ss, sp

  override stackBegin(call: HostCall): number {
    this.touch(call.thread, call.sp - PROBE_WORDS * this.wordSize - LOCALS);
    return super.stackBegin(call);
  }

  override stackEnd(depth: number): void {
    super.stackEnd(depth);
    this.local = undefined;
  }

  /** The stack must be there down to `address`: touch its pages in order, as the kit's probe and the compiler's do. */
  private touch(thread: Thread, address: number): void {
    const { engine } = this.process;
    const { pageSize } = this.platform;
    const sp = this.process.registers(thread).get(X86.rsp);
    for (let page = Math.floor(sp / pageSize) * pageSize; page > address - pageSize; page -= pageSize) {
      const at = Math.max(page, address);
      while (engine.translate(at, Access.Write) < 0) {
        if (!this.os.guards.touch(thread, at)) throw new GuestFault(at, Access.Write);
      }
    }
  }

  protected saveJumpBuffer({ thread }: HostCall, address: number): void {
    const registers = this.process.registers(thread);
    saveJumpBuffer(registers, this.memory, address, this.wordSize === 4 ? windowsThread(thread).teb : 0);
    if (this.wordSize === 4) return;
    this.process.engine.readFloat();
    const xmm = new Uint8Array(160);
    copyXmm(registers, 6, 10, xmm, 0);
    this.memory.write(address + XMM_OFFSET_64, xmm);
  }

  protected jumpBufferName(offset: number): string | undefined {
    return jumpBufferName(this.wordSize, offset);
  }
}
