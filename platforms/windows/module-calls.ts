/** Loaded modules and the process's own data: GetModuleHandle, GetProcAddress, command line, environment, last error. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { LastError } from './last-error.js';
import { fileName } from './modules.js';
import type { Module, Modules } from './modules.js';
import { readName } from './named-objects.js';
import { utf16 } from './process-block.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'heap'> {
  readonly lastError: LastError;
  readonly modules: Modules;
  readonly commandLine: string;
  /** NAME=value */
  readonly environment: readonly string[];
}

/** System libraries that are images, for the functions that are machine code. */
const PARTLY_HERE = new Set(['ntdll.dll', 'kernelbase.dll', 'ucrtbase.dll', 'mps.dll']);
/** GET_MODULE_HANDLE_EX_FLAG_ */
const PIN = 1;
const UNCHANGED_REFCOUNT = 2;
const FROM_ADDRESS = 4;
const HANDLE_FLAGS = PIN | UNCHANGED_REFCOUNT | FROM_ADDRESS;

export function moduleCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return 0;
  };
  const find = (name: string): Module | undefined => {
    const wanted = fileName(name);
    return os.modules.find(wanted.includes('.') ? wanted : `${wanted}.dll`);
  };
  const handle = (wide: boolean) => (call: HostCall, place: number) => {
    const name = readName(call, place, wide);
    return name === undefined ? os.modules.program.base : (find(name)?.base ?? failed(call, ErrorCode.MOD_NOT_FOUND));
  };
  const handleEx = (wide: boolean) => (call: HostCall, flags: number, place: number, result: number) => {
    const bad = flags & ~HANDLE_FLAGS || (flags & PIN && flags & UNCHANGED_REFCOUNT);
    if (result === 0 || bad) return failed(call, ErrorCode.INVALID_PARAMETER);
    call.memory.setWord(result, 0);
    let found: Module | undefined;
    if (flags & FROM_ADDRESS) found = os.modules.around(place);
    else {
      const name = readName(call, place, wide);
      found = name === undefined ? os.modules.withBase(os.modules.program.base) : find(name);
    }
    if (!found) return failed(call, ErrorCode.MOD_NOT_FOUND);
    os.memory.setWord(result, found.base);
    return TRUE;
  };
  // Libraries are all loaded at the start, and stay.
  const load = (wide: boolean) => (call: HostCall, place: number) => {
    const name = readName(call, place, wide);
    if (name === undefined) return failed(call, ErrorCode.INVALID_PARAMETER);
    return find(name)?.base ?? failed(call, ErrorCode.MOD_NOT_FOUND);
  };
  /** Text that lives as long as the process, made when it is first asked for. */
  const strings = new Map<string, number>();
  const persistent = (key: string, bytes: Uint8Array): number => {
    let address = strings.get(key);
    if (address === undefined) {
      address = os.heap.allocate(bytes.length);
      if (!address) return 0;
      os.memory.write(address, bytes);
      strings.set(key, address);
    }
    return address;
  };
  const environment = (name: string): string | undefined => {
    const prefix = `${name.toUpperCase()}=`;
    return os.environment.find((entry) => entry.toUpperCase().startsWith(prefix))?.slice(prefix.length);
  };
  return [
    win32('GetLastError', 'u()', (call) => os.lastError.get(call.thread)),
    win32('SetLastError', 'v(u)', (call, code) => os.lastError.set(call.thread, code)),
    win32('GetModuleHandleA', 'p(p)', handle(false)),
    win32('GetModuleHandleW', 'p(p)', handle(true)),
    win32('GetModuleHandleExA', 'i(upp)', handleEx(false)),
    win32('GetModuleHandleExW', 'i(upp)', handleEx(true)),
    win32('LoadLibraryA', 'p(p)', load(false)),
    win32('LoadLibraryW', 'p(p)', load(true)),
    win32('FreeLibrary', 'i(p)', (call, base) => (os.modules.withBase(base) ? TRUE : failed(call, ErrorCode.MOD_NOT_FOUND))),
    win32('GetModuleFileNameA', 'u(ppu)', (call, base, buffer, size) => {
      const module = os.modules.withBase(base || os.modules.program.base);
      if (!module) return failed(call, ErrorCode.MOD_NOT_FOUND);
      const bytes = new TextEncoder().encode(`${module.path}\0`);
      if (bytes.length > size) {
        os.lastError.set(call.thread, 122); // ERROR_INSUFFICIENT_BUFFER
        // Cut, and ended all the same.
        call.memory.write(buffer, bytes.subarray(0, size));
        if (size > 0) call.memory.setU8(buffer + size - 1, 0);
        return size;
      }
      call.memory.write(buffer, bytes);
      return bytes.length - 1;
    }),
    win32('GetProcAddress', 'p(pp)', (call, base, name) => {
      const byOrdinal = name < 0x10000;
      const named = os.modules.withBase(base || os.modules.program.base);
      if (!named) return failed(call, ErrorCode.MOD_NOT_FOUND);
      if (!named.image)
        return (byOrdinal ? undefined : os.modules.resolve(call.memory.cString(name))) ?? failed(call, ErrorCode.PROC_NOT_FOUND);
      const module = named.image;
      const wanted = byOrdinal ? '' : call.memory.cString(name);
      const symbol = byOrdinal ? [...module.image.exports.values()].find((e) => e.ordinal === name) : module.image.exports.get(wanted);
      // Of the system's libraries the greater part is the host's.
      const other = !symbol && PARTLY_HERE.has(fileName(named.path).toLowerCase()) ? os.modules.resolve(wanted) : undefined;
      if (other !== undefined) return other;
      if (!symbol) return failed(call, ErrorCode.PROC_NOT_FOUND);
      if (symbol.kind === 'forward')
        return (
          os.modules.images.exported(symbol.forward.slice(symbol.forward.lastIndexOf('.') + 1)) ?? failed(call, ErrorCode.PROC_NOT_FOUND)
        );
      return module.base + symbol.offset;
    }),
    win32('GetCommandLineA', 'p()', () => persistent('line', new TextEncoder().encode(`${os.commandLine}\0`))),
    win32('GetCommandLineW', 'p()', () => persistent('wide line', utf16(`${os.commandLine}\0`))),
    win32('GetEnvironmentVariableA', 'u(ppu)', (call, name, buffer, size) => {
      const value = environment(call.memory.cString(name));
      if (value === undefined) return failed(call, ErrorCode.ENVVAR_NOT_FOUND);
      const bytes = new TextEncoder().encode(`${value}\0`);
      if (bytes.length > size) return bytes.length;
      call.memory.write(buffer, bytes);
      return bytes.length - 1;
    }),
    win32('IsDebuggerPresent', 'i()', () => FALSE),
    win32('IsProcessorFeaturePresent', 'i(u)', (_call, feature) => ([2, 3, 6, 7, 8, 10, 13, 14].includes(feature) ? TRUE : FALSE)),
    win32('OutputDebugStringA', 'v(p)', (call, text) => {
      os.process.events.emit('debug-string', { text: call.memory.cString(text) });
    }),
  ];
}
