/** Loaded modules and the process's own data: GetModuleHandle, GetProcAddress, command line, environment, last error. */
import type { LoadedImage } from '../../emulator/loader/link.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { LastError } from './last-error.js';
import { fileName } from './modules.js';
import type { Modules } from './modules.js';
import { readName } from './object-calls.js';
import { utf16 } from './process-block.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'heap'> {
  readonly lastError: LastError;
  readonly modules: Modules;
  readonly commandLine: string;
  /** NAME=value */
  readonly environment: readonly string[];
}

export function moduleCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return 0;
  };
  const find = (name: string): LoadedImage | undefined => {
    const wanted = fileName(name);
    return os.modules.named(wanted.includes('.') ? wanted : `${wanted}.dll`);
  };
  const handle = (wide: boolean) => (call: HostCall, place: number) => {
    const name = readName(call, place, wide);
    if (name === undefined) return os.modules.program.base;
    const module = find(name);
    if (module) return module.base;
    // Libraries without an image share one handle: where their functions are.
    return /^(kernel32|kernelbase)(\.dll)?$/i.test(name) ? os.process.gates.base : failed(call, ErrorCode.MOD_NOT_FOUND);
  };
  /** Text that lives as long as the process, made when it is first asked for. */
  const strings = new Map<string, number>();
  const persistent = (key: string, bytes: Uint8Array): number => {
    let address = strings.get(key);
    if (address === undefined) {
      address = os.heap.allocate(bytes.length);
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
    win32('GetModuleFileNameA', 'u(ppu)', (call, base, buffer, size) => {
      const module = base === 0 ? os.modules.program : os.modules.at(base);
      if (!module) return failed(call, ErrorCode.MOD_NOT_FOUND);
      const bytes = new TextEncoder().encode(`${os.modules.path(module)}\0`);
      if (bytes.length > size) {
        os.lastError.set(call.thread, 122); // ERROR_INSUFFICIENT_BUFFER
        call.memory.write(buffer, bytes.subarray(0, size));
        return size;
      }
      call.memory.write(buffer, bytes);
      return bytes.length - 1;
    }),
    win32('GetProcAddress', 'p(pp)', (call, base, name) => {
      const byOrdinal = name < 0x10000;
      if (base === os.process.gates.base) {
        return (byOrdinal ? undefined : os.modules.resolve(call.memory.cString(name))) ?? failed(call, ErrorCode.PROC_NOT_FOUND);
      }
      const module = os.modules.at(base);
      if (!module) return failed(call, ErrorCode.MOD_NOT_FOUND);
      const wanted = byOrdinal ? '' : call.memory.cString(name);
      const symbol = byOrdinal ? [...module.image.exports.values()].find((e) => e.ordinal === name) : module.image.exports.get(wanted);
      // The services of ntdll.dll are the host's.
      const service =
        !symbol && wanted.startsWith('Nt') && module === os.modules.named('ntdll.dll') ? os.modules.resolve(wanted) : undefined;
      if (service !== undefined) return service;
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
