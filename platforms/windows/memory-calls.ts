/** VirtualAlloc and its kin, system information: thin over virtual-memory.ts. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { win32, TRUE } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { LastError } from './last-error.js';
import { GRANULARITY, PAGE_SIZE } from './memory-constants.js';
import type { StackGuards } from './stack-guards.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout' | 'vm'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
}

export function memoryCalls(os: Needs): HostFunction[] {
  const { vm, layout } = os;
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return 0;
  };
  return [
    win32('VirtualAlloc', 'p(pzuu)', (call, address, size, type, protect) => {
      return vm.allocate(address, size, type, protect) || failed(call, vm.error);
    }),
    win32('VirtualFree', 'i(pzu)', (call, address, size, type) => (vm.free(address, size, type) ? TRUE : failed(call, vm.error))),
    win32('VirtualProtect', 'i(pzup)', (call, address, size, protect, old) => {
      // The kernel probes the place of the old protection before it changes anything.
      const probed = os.guards.kernelAccess(call.thread, () => {
        call.memory.setU32(old, call.memory.u32(old));
        return true;
      });
      if (probed === undefined) return failed(call, os.guards.error);
      const before = vm.protect(address, size, protect);
      if (before === 0) return failed(call, vm.error);
      os.memory.setU32(old, before);
      return TRUE;
    }),
    win32('VirtualQuery', 'z(ppz)', (call, address, buffer, length) => {
      const at = layout.memoryInformation;
      const found = vm.query(address);
      if (!found) return failed(call, vm.error);
      if (length < at.bytes) return failed(call, ErrorCode.BAD_LENGTH);
      const written = os.guards.kernelAccess(call.thread, () => {
        const { memory } = call;
        memory.fill(buffer, at.bytes, 0);
        memory.setWord(buffer, found.baseAddress);
        memory.setWord(buffer + at.allocationBase, found.allocationBase);
        memory.setU32(buffer + at.allocationProtect, found.allocationProtect);
        memory.setWord(buffer + at.regionSize, found.regionSize);
        memory.setU32(buffer + at.state, found.state);
        memory.setU32(buffer + at.protect, found.protect);
        memory.setU32(buffer + at.type, found.type);
        return at.bytes;
      });
      return written ?? failed(call, os.guards.error);
    }),
    win32('GetSystemInfo', 'v(p)', (call, info) => systemInfo(os, call, info)),
    win32('GetNativeSystemInfo', 'v(p)', (call, info) => systemInfo(os, call, info)),
    win32('FlushInstructionCache', 'i(ipz)', (_call, _process, address, size) => {
      if (size > 0) os.process.engine.codeChanged(address, size);
      return TRUE;
    }),
  ];
}

const PROCESSOR_INTEL = 586;
const PROCESSOR_AMD64 = 8664;

function systemInfo(os: Needs, call: HostCall, info: number): void {
  const { systemInfo: at, wordSize } = os.layout;
  const { memory } = call;
  memory.fill(info, at.bytes, 0);
  memory.setU16(info, wordSize === 8 ? 9 : 0);
  memory.setU32(info + 4, PAGE_SIZE);
  memory.setWord(info + at.minimum, os.vm.lowest);
  memory.setWord(info + at.maximum, os.vm.highest);
  memory.setWord(info + at.mask, 1);
  memory.setU32(info + at.processors, 1);
  memory.setU32(info + at.type, wordSize === 8 ? PROCESSOR_AMD64 : PROCESSOR_INTEL);
  memory.setU32(info + at.granularity, GRANULARITY);
  memory.setU16(info + at.level, 6);
}
