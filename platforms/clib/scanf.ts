/** The scanf family: matches first, then probes every place to store to, then stores and takes the input. */
import type { VarArgs } from '../../emulator/abi/abi.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { latin1 } from './byte-builder.js';
import type { CLibrary } from './library.js';
import { scan, type ScanSource } from './scan.js';

/** A string in guest memory, at most `limit` bytes. */
class StringSource implements ScanSource {
  private at = 0;

  constructor(
    private readonly memory: MemoryView,
    private readonly address: number,
    private readonly limit: number,
  ) {}

  next(): number {
    if (this.at >= this.limit) return -1;
    const byte = this.memory.u8(this.address + this.at);
    if (byte === 0) return -1;
    this.at++;
    return byte;
  }

  mark(): number {
    return this.at;
  }

  reset(mark: number): void {
    this.at = mark;
  }
}

/** Each byte is tried as the next of what is wanted. */
const UNITS_PER_BYTE = 4;

export function scanfFunctions(library: CLibrary): HostFunction[] {
  const { traits, streams } = library;

  const run = (call: HostCall, source: ScanSource, format: number, args: VarArgs): number => {
    const { result, stores, read, outOfRange } = scan(latin1(call.memory.cBytes(format)), source, args, traits);
    call.process.clock.advance(read * UNITS_PER_BYTE);
    for (const { address, bytes } of stores) library.probeWrite(call, address, bytes.length);
    for (const { address, bytes } of stores) call.memory.write(address, bytes);
    if (outOfRange) library.setErrno('ERANGE');
    return result;
  };

  const fromStream = (call: HostCall, file: number | 'stdin', format: number, args: VarArgs): number => {
    const stream = file === 'stdin' ? streams.byNumber(0) : streams.at(file);
    if (!stream?.readable) return -1;
    const cursor = stream.cursor();
    const result = run(call, cursor, format, args);
    cursor.take();
    return result;
  };

  const fromString = (call: HostCall, text: number, limit: number, format: number, args: VarArgs): number =>
    run(call, new StringSource(call.memory, text, limit), format, args);

  const functions: HostFunction[] = [];
  // glibc's headers rename to these two sets.
  for (const prefix of traits.os === 'linux' ? ['', '__isoc99_', '__isoc23_'] : ['']) {
    functions.push(
      hostFunction(`${prefix}scanf`, 'i(p.)', (call, format) => fromStream(call, 'stdin', format, call.varargs())),
      hostFunction(`${prefix}vscanf`, 'i(pV)', (call, format, args) => fromStream(call, 'stdin', format, args)),
      hostFunction(`${prefix}fscanf`, 'i(pp.)', (call, file, format) => fromStream(call, file, format, call.varargs())),
      hostFunction(`${prefix}vfscanf`, 'i(ppV)', (call, file, format, args) => fromStream(call, file, format, args)),
      hostFunction(`${prefix}sscanf`, 'i(pp.)', (call, text, format) => fromString(call, text, Infinity, format, call.varargs())),
      hostFunction(`${prefix}vsscanf`, 'i(ppV)', (call, text, format, args) => fromString(call, text, Infinity, format, args)),
    );
  }
  if (traits.os === 'windows') {
    functions.push(
      hostFunction('__stdio_common_vfscanf', 'i(QpppV)', (call, _options, file, format, _locale, args) =>
        fromStream(call, file, format, args),
      ),
      hostFunction('__stdio_common_vsscanf', 'i(QpzppV)', (call, _options, text, limit, format, _locale, args) =>
        fromString(call, text, limit, format, args),
      ),
    );
  }
  return functions;
}
