/** The printf family. Everything is formatted, and every place to write to probed, before the first byte goes out. */
import type { VarArgs } from '../../emulator/abi/abi.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { latin1 } from './byte-builder.js';
import { errorMessage } from './errors.js';
import { format, IllegalSequence, type Formatted } from './format.js';
import type { CLibrary } from './library.js';

/** UCRT's options of __stdio_common_vsprintf: without them, the result is -1 where the text does not fit. */
const STANDARD_SNPRINTF = 2n;
const LEGACY_TERMINATION = 1n;

export function printfFunctions(library: CLibrary): HostFunction[] {
  const { traits, streams } = library;

  /** The text, or undefined (errno set): a wide character could not be converted. */
  const formatted = (call: HostCall, text: number, args: VarArgs): Formatted | undefined => {
    const { memory } = call;
    try {
      return format({ memory, traits, errorText: () => errorMessage(traits.os, library.errno(call)) }, latin1(memory.cBytes(text)), args);
    } catch (error) {
      if (!(error instanceof IllegalSequence)) throw error;
      library.setErrno('EILSEQ');
      return undefined;
    }
  };

  const store = (call: HostCall, { stores }: Formatted): void => {
    for (const { address, size } of stores) library.probeWrite(call, address, size);
    for (const { address, value, size } of stores) {
      if (size === 1) call.memory.setU8(address, value);
      else if (size === 2) call.memory.setU16(address, value);
      else if (size === 4) call.memory.setU32(address, value);
      else call.memory.setU64(address, BigInt(value));
    }
  };

  const toStream = (call: HostCall, file: number | 'stdout', text: number, args: VarArgs): number => {
    const result = formatted(call, text, args);
    if (!result) return -1;
    store(call, result);
    const stream = file === 'stdout' ? streams.byNumber(1) : streams.at(file);
    if (!stream) return -1;
    if (!stream.write(result.bytes)) {
      library.setErrno(stream.failure ?? 'EIO');
      return -1;
    }
    return result.bytes.length;
  };

  /** Into memory, cut to `size` with its NUL; `limit` is the size of the object where the compiler knew it. */
  const toMemory = (call: HostCall, buffer: number, size: number, text: number, args: VarArgs, limit = Infinity): number => {
    const result = formatted(call, text, args);
    if (!result) return -1;
    const kept = result.bytes.subarray(0, Math.max(0, Math.min(result.bytes.length, size - 1)));
    if (size > 0 && kept.length + 1 > limit) library.abort(call, '*** buffer overflow detected ***: terminated');
    const bytes = new Uint8Array(kept.length + 1);
    bytes.set(kept);
    store(call, result);
    if (size > 0) call.memory.write(buffer, bytes);
    return result.bytes.length;
  };

  const toNew = (call: HostCall, place: number, text: number, args: VarArgs): number => {
    library.probeWrite(call, place, traits.wordSize);
    const result = formatted(call, text, args);
    const block = result ? library.heap.allocate(result.bytes.length + 1) : 0;
    if (!result || block === 0) {
      if (result) library.setErrno('ENOMEM');
      return -1;
    }
    store(call, result);
    call.memory.write(block, result.bytes);
    call.memory.setU8(block + result.bytes.length, 0);
    call.memory.setWord(place, block);
    return result.bytes.length;
  };

  const fn = (name: string, signature: string, run: HostFunction['run']): HostFunction => ({ name, signature, run });
  const functions = [
    fn('printf', 'i(p.)', (call, text: number) => toStream(call, 'stdout', text, call.varargs())),
    fn('vprintf', 'i(pV)', (call, text: number, args: VarArgs) => toStream(call, 'stdout', text, args)),
    fn('fprintf', 'i(pp.)', (call, file: number, text: number) => toStream(call, file, text, call.varargs())),
    fn('vfprintf', 'i(ppV)', (call, file: number, text: number, args: VarArgs) => toStream(call, file, text, args)),
    fn('sprintf', 'i(pp.)', (call, buffer: number, text: number) => toMemory(call, buffer, Infinity, text, call.varargs())),
    fn('vsprintf', 'i(ppV)', (call, buffer: number, text: number, args: VarArgs) => toMemory(call, buffer, Infinity, text, args)),
    fn('snprintf', 'i(pzp.)', (call, buffer: number, size: number, text: number) => toMemory(call, buffer, size, text, call.varargs())),
    fn('vsnprintf', 'i(pzpV)', (call, buffer: number, size: number, text: number, args: VarArgs) =>
      toMemory(call, buffer, size, text, args),
    ),
  ];
  if (traits.os !== 'windows') {
    functions.push(
      fn('asprintf', 'i(pp.)', (call, place: number, text: number) => toNew(call, place, text, call.varargs())),
      fn('vasprintf', 'i(ppV)', (call, place: number, text: number, args: VarArgs) => toNew(call, place, text, args)),
      // Fortified variants: a flag, and the size of the object written to.
      fn('__printf_chk', 'i(ip.)', (call, _flag: number, text: number) => toStream(call, 'stdout', text, call.varargs())),
      fn('__fprintf_chk', 'i(pip.)', (call, file: number, _flag: number, text: number) => toStream(call, file, text, call.varargs())),
      fn('__vfprintf_chk', 'i(pipV)', (call, file: number, _flag: number, text: number, args: VarArgs) => toStream(call, file, text, args)),
      fn('__sprintf_chk', 'i(pizp.)', (call, buffer: number, _flag: number, limit: number, text: number) =>
        toMemory(call, buffer, Infinity, text, call.varargs(), limit),
      ),
      fn('__vsprintf_chk', 'i(pizpV)', (call, buffer: number, _flag: number, limit: number, text: number, args: VarArgs) =>
        toMemory(call, buffer, Infinity, text, args, limit),
      ),
      fn('__snprintf_chk', 'i(pzizp.)', (call, buffer: number, size: number, _flag: number, limit: number, text: number) =>
        toMemory(call, buffer, size, text, call.varargs(), limit),
      ),
      fn('__vsnprintf_chk', 'i(pzizpV)', (call, buffer: number, size: number, _flag: number, limit: number, text: number, args: VarArgs) =>
        toMemory(call, buffer, size, text, args, limit),
      ),
    );
    return functions;
  }
  /** Before C99: no NUL where the text fills the buffer, -1 where it does not fit. */
  const legacy = (call: HostCall, buffer: number, size: number, text: number, args: VarArgs): number => {
    const result = formatted(call, text, args);
    if (!result) return -1;
    const { bytes } = result;
    store(call, result);
    if (bytes.length < size) call.memory.write(buffer, Uint8Array.of(...bytes, 0));
    else call.memory.write(buffer, bytes.subarray(0, size));
    return bytes.length <= size ? bytes.length : -1;
  };
  functions.push(
    fn('_snprintf', 'i(pzp.)', (call, buffer: number, size: number, text: number) => legacy(call, buffer, size, text, call.varargs())),
    fn('_vsnprintf', 'i(pzpV)', (call, buffer: number, size: number, text: number, args: VarArgs) =>
      legacy(call, buffer, size, text, args),
    ),
    fn('__stdio_common_vfprintf', 'i(QpppV)', (call, _options: bigint, file: number, text: number, _locale: number, args: VarArgs) =>
      toStream(call, file, text, args),
    ),
    fn(
      '__stdio_common_vsprintf',
      'i(QpzppV)',
      (call, options: bigint, buffer: number, size: number, text: number, _locale: number, args: VarArgs) => {
        if (options & LEGACY_TERMINATION) return legacy(call, buffer, size, text, args);
        const length = toMemory(call, buffer, buffer === 0 ? 0 : size, text, args);
        return options & STANDARD_SNPRINTF || buffer === 0 || length < size ? length : -1;
      },
    ),
  );
  return functions;
}
