/** How a program ends: exit and its functions, the quick ways, assertion failures (C99 7.20.4, 7.2). */
import type { Step } from '../../emulator/process/sequence.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

interface AtExit {
  address: number;
  /** __cxa_atexit's argument. */
  argument?: number;
}

export function endFunctions(library: CLibrary): HostFunction[] {
  const { process, traits, streams } = library;
  const registered: AtExit[] = [];
  const quick: AtExit[] = [];
  const windows = traits.os === 'windows';
  const status = (code: number): number => (windows ? code >>> 0 : code & 0xff);

  /** Last registered first; functions may register more. */
  function* steps(list: AtExit[]): Generator<Step> {
    for (let next = list.pop(); next; next = list.pop()) {
      yield next.argument === undefined
        ? { address: next.address, signature: 'v()', args: [] }
        : { address: next.address, signature: 'v(p)', args: [next.argument] };
    }
  }

  const exit = (call: HostCall, code: number): never =>
    process.sequences.start(call.thread, steps(registered), () => {
      streams.flushAll();
      process.end({ kind: 'exit', code: status(code) });
    });

  const text = (call: HostCall, address: number): string => call.memory.cString(address);
  const wideText = (call: HostCall, address: number): string => {
    let out = '';
    for (let at = address, c = call.memory.u16(at); c !== 0; c = call.memory.u16((at += 2))) out += String.fromCharCode(c);
    return out;
  };

  const functions: HostFunction[] = [
    { name: 'exit', signature: 'v(i)', run: exit },
    { name: 'atexit', signature: 'i(p)', run: (_call, address: number) => (registered.push({ address }), 0) },
    {
      name: 'quick_exit',
      signature: 'v(i)',
      run: (call, code: number) =>
        process.sequences.start(call.thread, steps(quick), () => process.end({ kind: 'exit', code: status(code) })),
    },
    { name: 'at_quick_exit', signature: 'i(p)', run: (_call, address: number) => (quick.push({ address }), 0) },
    ...['_Exit', '_exit'].map((name): HostFunction => ({
      name,
      signature: 'v(i)',
      run: (_call, code: number) => process.end({ kind: 'exit', code: status(code) }),
    })),
  ];
  switch (traits.os) {
    case 'linux':
      functions.push({
        name: '__assert_fail',
        signature: 'v(ppup)',
        run: (call, condition: number, file: number, line: number, fn: number) => {
          const program = (library.options.argv[0] ?? '').split('/').at(-1);
          const where = fn === 0 ? '' : `${text(call, fn)}: `;
          return library.abort(call, `${program}: ${text(call, file)}:${line}: ${where}Assertion \`${text(call, condition)}' failed.`);
        },
      });
      break;
    case 'windows':
      functions.push(
        {
          name: '_assert',
          signature: 'v(ppu)',
          run: (call, condition: number, file: number, line: number) =>
            library.abort(call, `Assertion failed: ${text(call, condition)}, file ${text(call, file)}, line ${line}`),
        },
        {
          name: '_wassert',
          signature: 'v(ppu)',
          run: (call, condition: number, file: number, line: number) =>
            library.abort(call, `Assertion failed: ${wideText(call, condition)}, file ${wideText(call, file)}, line ${line}`),
        },
      );
      break;
    default:
      functions.push({
        name: traits.os === 'freebsd' ? '__assert' : '__assert_rtn',
        signature: 'v(ppip)',
        run: (call, fn: number, file: number, line: number, condition: number) => {
          const where = fn === 0 ? '' : `function ${text(call, fn)}, `;
          return library.abort(call, `Assertion failed: (${text(call, condition)}), ${where}file ${text(call, file)}, line ${line}.`);
        },
      });
  }
  if (library.windowsSignals) {
    functions.push(
      ...library.windowsSignals.functions(),
      { name: '_crt_atexit', signature: 'i(p)', run: (_call, address: number) => (registered.push({ address }), 0) },
      { name: '_onexit', signature: 'p(p)', run: (_call, address: number) => (registered.push({ address }), address) },
      { name: '_cexit', signature: 'v()', run: () => void streams.flushAll() },
    );
  } else {
    functions.push(
      {
        name: '__cxa_atexit',
        signature: 'i(ppp)',
        run: (_call, address: number, argument: number) => (registered.push({ address, argument }), 0),
      },
      // Called by a library's finaliser when it is unloaded; none is before the process ends.
      { name: '__cxa_finalize', signature: 'v(p)', run: () => undefined },
    );
  }
  return functions;
}
