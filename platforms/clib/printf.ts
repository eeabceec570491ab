/** The printf family. Everything is formatted, and every place to write to probed, before the first byte goes out. */
import type { VarArgs } from '../../emulator/abi/abi.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { errorMessage } from './errors.js';
import { format, IllegalSequence, TooLong, type Formatted } from './format.js';
import { Formats, TooManyArguments } from './format-parse.js';
import { FormattedText } from './formatted-text.js';
import type { CLibrary } from './library.js';

/** UCRT's options of __stdio_common_vsprintf: without them, the result is -1 where the text does not fit. */
const STANDARD_SNPRINTF = 2n;
const LEGACY_TERMINATION = 1n;

/** Digits have to be found; what is longer than any number's are runs and copies. */
const DIGITS = 4096;
const BYTES_PER_UNIT = 8;

function priceOf(length: number): number {
  return Math.min(length, DIGITS) + Math.max(0, length - DIGITS) / BYTES_PER_UNIT;
}

export function printfFunctions(library: CLibrary): HostFunction[] {
  const { traits, streams } = library;
  const formats = new Formats(traits.os === 'windows');
  const out = new FormattedText();

  /** The text, or undefined (errno set): a wide character could not be converted. */
  const formatted = (call: HostCall, text: number, args: VarArgs): Formatted | undefined => {
    const { memory } = call;
    try {
      const context = { memory, traits, out, errorText: () => errorMessage(traits.os, library.errno(call)) };
      const result = format(context, formats.at(text, memory.cBytes(text)), args);
      call.process.clock.advance(priceOf(result.text.length));
      return result;
    } catch (error) {
      if (error instanceof IllegalSequence) library.setErrno('EILSEQ');
      else if (error instanceof TooLong || error instanceof TooManyArguments) library.setErrno('EOVERFLOW');
      else throw error;
      return undefined;
    }
  };

  /** `length` bytes of the text, and a NUL behind them where one is wanted: all of it, or a fault before anything is written. */
  const place = (call: HostCall, buffer: number, text: FormattedText, length: number, end: 'NUL' | 'no NUL'): void => {
    const extra = end === 'NUL' ? 1 : 0;
    library.probeWrite(call, buffer, length + extra);
    let at = buffer;
    for (const chunk of text.chunks(length)) {
      call.memory.write(at, chunk);
      at += chunk.length;
    }
    if (extra) call.memory.setU8(at, 0);
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
    if (library.refused(text === 0 || file === 0)) return -1;
    const result = formatted(call, text, args);
    if (!result) return -1;
    store(call, result);
    const stream = file === 'stdout' ? streams.byNumber(1) : streams.at(file);
    if (!stream) return -1;
    const { whole } = result.text;
    for (const chunk of whole ? [whole] : result.text.chunks()) {
      if (chunk.length === 0 || stream.write(chunk)) continue;
      library.setErrno(stream.failure ?? 'EIO');
      return -1;
    }
    return result.text.length;
  };

  /** Into memory, cut to `size` with its NUL; `limit` is the size of the object where the compiler knew it. */
  const toMemory = (call: HostCall, buffer: number, size: number, text: number, args: VarArgs, limit = Infinity): number => {
    if (library.refused(text === 0 || (buffer === 0 && size > 0))) return -1;
    const result = formatted(call, text, args);
    if (!result) return -1;
    const { length } = result.text;
    const kept = Math.max(0, Math.min(length, size - 1));
    if (size > 0 && kept + 1 > limit) library.abort(call, '*** buffer overflow detected ***: terminated');
    store(call, result);
    if (size > 0) place(call, buffer, result.text, kept, 'NUL');
    return length;
  };

  const toNew = (call: HostCall, pointer: number, text: number, args: VarArgs): number => {
    library.probeWrite(call, pointer, traits.wordSize);
    const result = formatted(call, text, args);
    const block = result ? library.heap.allocate(result.text.length + 1) : 0;
    if (!result || block === 0) {
      if (result) library.setErrno('ENOMEM');
      return -1;
    }
    store(call, result);
    place(call, block, result.text, result.text.length, 'NUL');
    call.memory.setWord(pointer, block);
    return result.text.length;
  };

  const functions = [
    hostFunction('printf', 'i(p.)', (call, text) => toStream(call, 'stdout', text, call.varargs())),
    hostFunction('vprintf', 'i(pV)', (call, text, args) => toStream(call, 'stdout', text, args)),
    hostFunction('fprintf', 'i(pp.)', (call, file, text) => toStream(call, file, text, call.varargs())),
    hostFunction('vfprintf', 'i(ppV)', (call, file, text, args) => toStream(call, file, text, args)),
    hostFunction('sprintf', 'i(pp.)', (call, buffer, text) => toMemory(call, buffer, Infinity, text, call.varargs())),
    hostFunction('vsprintf', 'i(ppV)', (call, buffer, text, args) => toMemory(call, buffer, Infinity, text, args)),
    hostFunction('snprintf', 'i(pzp.)', (call, buffer, size, text) => toMemory(call, buffer, size, text, call.varargs())),
    hostFunction('vsnprintf', 'i(pzpV)', (call, buffer, size, text, args) => toMemory(call, buffer, size, text, args)),
  ];
  if (traits.os !== 'windows') {
    functions.push(
      hostFunction('asprintf', 'i(pp.)', (call, pointer, text) => toNew(call, pointer, text, call.varargs())),
      hostFunction('vasprintf', 'i(ppV)', (call, pointer, text, args) => toNew(call, pointer, text, args)),
      // Fortified variants: a flag, and the size of the object written to.
      hostFunction('__printf_chk', 'i(ip.)', (call, _flag, text) => toStream(call, 'stdout', text, call.varargs())),
      hostFunction('__fprintf_chk', 'i(pip.)', (call, file, _flag, text) => toStream(call, file, text, call.varargs())),
      hostFunction('__vfprintf_chk', 'i(pipV)', (call, file, _flag, text, args) => toStream(call, file, text, args)),
      hostFunction('__sprintf_chk', 'i(pizp.)', (call, buffer, _flag, limit, text) =>
        toMemory(call, buffer, Infinity, text, call.varargs(), limit),
      ),
      hostFunction('__vsprintf_chk', 'i(pizpV)', (call, buffer, _flag, limit, text, args) =>
        toMemory(call, buffer, Infinity, text, args, limit),
      ),
      hostFunction('__snprintf_chk', 'i(pzizp.)', (call, buffer, size, _flag, limit, text) =>
        toMemory(call, buffer, size, text, call.varargs(), limit),
      ),
      hostFunction('__vsnprintf_chk', 'i(pzizpV)', (call, buffer, size, _flag, limit, text, args) =>
        toMemory(call, buffer, size, text, args, limit),
      ),
    );
    return functions;
  }
  /** Before C99: no NUL where the text fills the buffer, -1 where it does not fit. */
  const legacy = (call: HostCall, buffer: number, size: number, text: number, args: VarArgs): number => {
    const result = formatted(call, text, args);
    if (!result) return -1;
    const { length } = result.text;
    store(call, result);
    if (length < size) place(call, buffer, result.text, length, 'NUL');
    else place(call, buffer, result.text, size, 'no NUL');
    return length <= size ? length : -1;
  };
  functions.push(
    hostFunction('_snprintf', 'i(pzp.)', (call, buffer, size, text) => legacy(call, buffer, size, text, call.varargs())),
    hostFunction('_vsnprintf', 'i(pzpV)', (call, buffer, size, text, args) => legacy(call, buffer, size, text, args)),
    hostFunction('__stdio_common_vfprintf', 'i(QpppV)', (call, _options, file, text, _locale, args) => toStream(call, file, text, args)),
    hostFunction('__stdio_common_vsprintf', 'i(QpzppV)', (call, options, buffer, size, text, _locale, args) => {
      if (options & LEGACY_TERMINATION) return legacy(call, buffer, size, text, args);
      const length = toMemory(call, buffer, buffer === 0 ? 0 : size, text, args);
      return options & STANDARD_SNPRINTF || buffer === 0 || length < size ? length : -1;
    }),
  );
  return functions;
}
