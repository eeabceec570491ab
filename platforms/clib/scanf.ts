/** The scanf family: matches first, then probes every place to store to, then stores and takes the input. */
import type { VarArgs } from '../../emulator/abi/abi.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
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

export function scanfFunctions(library: CLibrary): HostFunction[] {
  const { traits, streams } = library;

  const run = (call: HostCall, source: ScanSource, format: number, args: VarArgs): number => {
    const { result, stores } = scan(latin1(call.memory.cBytes(format)), source, args, traits);
    for (const { address, bytes } of stores) library.probeWrite(call, address, bytes.length);
    for (const { address, bytes } of stores) call.memory.write(address, bytes);
    return result;
  };

  const fromStream = (call: HostCall, file: number | 'stdin', format: number, args: VarArgs): number => {
    const stream = file === 'stdin' ? streams.byNumber(0) : streams.at(file);
    if (!stream?.readable) return -1;
    const cursor = stream.cursor();
    const result = run(call, cursor as ScanSource, format, args);
    cursor.take();
    return result;
  };

  const fromString = (call: HostCall, text: number, limit: number, format: number, args: VarArgs): number =>
    run(call, new StringSource(call.memory, text, limit), format, args);

  const functions: HostFunction[] = [];
  // glibc's headers rename to these two sets.
  for (const prefix of traits.os === 'linux' ? ['', '__isoc99_', '__isoc23_'] : ['']) {
    functions.push(
      { name: `${prefix}scanf`, signature: 'i(p.)', run: (call, format: number) => fromStream(call, 'stdin', format, call.varargs()) },
      {
        name: `${prefix}vscanf`,
        signature: 'i(pV)',
        run: (call, format: number, args: VarArgs) => fromStream(call, 'stdin', format, args),
      },
      {
        name: `${prefix}fscanf`,
        signature: 'i(pp.)',
        run: (call, file: number, format: number) => fromStream(call, file, format, call.varargs()),
      },
      {
        name: `${prefix}vfscanf`,
        signature: 'i(ppV)',
        run: (call, file: number, format: number, args: VarArgs) => fromStream(call, file, format, args),
      },
      {
        name: `${prefix}sscanf`,
        signature: 'i(pp.)',
        run: (call, text: number, format: number) => fromString(call, text, Infinity, format, call.varargs()),
      },
      {
        name: `${prefix}vsscanf`,
        signature: 'i(ppV)',
        run: (call, text: number, format: number, args: VarArgs) => fromString(call, text, Infinity, format, args),
      },
    );
  }
  if (traits.os === 'windows') {
    functions.push(
      {
        name: '__stdio_common_vfscanf',
        signature: 'i(QpppV)',
        run: (call, _options: bigint, file: number, format: number, _locale: number, args: VarArgs) => fromStream(call, file, format, args),
      },
      {
        name: '__stdio_common_vsscanf',
        signature: 'i(QpzppV)',
        run: (call, _options: bigint, text: number, limit: number, format: number, _locale: number, args: VarArgs) =>
          fromString(call, text, limit, format, args),
      },
    );
  }
  return functions;
}
