/** How a program ends: exit and its functions, the quick ways, assertion failures (C99 7.20.4, 7.2). */
import type { Word } from '../../emulator/abi/abi.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

interface AtExit {
  address: number;
  /** __cxa_atexit's argument. */
  argument?: Word;
}

/** What the host keeps for a function registered with atexit, in bytes. */
const ENTRY_COST = 64;

export function endFunctions(library: CLibrary): HostFunction[] {
  const { process, traits, streams } = library;
  const registered: AtExit[] = [];
  const quick: AtExit[] = [];
  const windows = traits.os === 'windows';
  const status = (code: number): number => (windows ? code >>> 0 : code & 0xff);

  /** Last registered first; functions may register more. */
  function* steps(list: AtExit[]): Generator<Step> {
    for (let next = list.pop(); next; next = list.pop()) {
      yield next.argument === undefined ? guestStep(next.address, 'v()', []) : guestStep(next.address, 'v(w)', [next.argument]);
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

  const register = (entry: AtExit, list = registered): number => {
    if (!process.memoryLimit.take(ENTRY_COST)) return 1;
    list.push(entry);
    return 0;
  };

  const functions: HostFunction[] = [
    hostFunction('exit', 'v(i)', exit),
    hostFunction('atexit', 'i(p)', (_call, address) => register({ address })),
    ...['_Exit', '_exit'].map((name): HostFunction =>
      hostFunction(name, 'v(i)', (_call, code) => process.end({ kind: 'exit', code: status(code) })),
    ),
  ];
  // Apple's library has none of C11's quick ways.
  if (traits.os !== 'macos')
    functions.push(
      hostFunction('quick_exit', 'v(i)', (call, code) =>
        process.sequences.start(call.thread, steps(quick), () => process.end({ kind: 'exit', code: status(code) })),
      ),
      hostFunction('at_quick_exit', 'i(p)', (_call, address) => register({ address }, quick)),
    );
  switch (traits.os) {
    case 'linux':
      functions.push(
        hostFunction('__assert_fail', 'v(ppup)', (call, condition, file, line, fn) => {
          const program = (library.options.argv[0] ?? '').split('/').at(-1);
          const where = fn === 0 ? '' : `${text(call, fn)}: `;
          return library.abort(call, `${program}: ${text(call, file)}:${line}: ${where}Assertion \`${text(call, condition)}' failed.`);
        }),
        hostFunction('__stack_chk_fail', 'v()', (call) => library.abort(call, '*** stack smashing detected ***: terminated')),
      );
      break;
    case 'windows':
      functions.push(
        hostFunction('_assert', 'v(ppu)', (call, condition, file, line) =>
          library.abort(call, `Assertion failed: ${text(call, condition)}, file ${text(call, file)}, line ${line}`),
        ),
        hostFunction('_wassert', 'v(ppu)', (call, condition, file, line) =>
          library.abort(call, `Assertion failed: ${wideText(call, condition)}, file ${wideText(call, file)}, line ${line}`),
        ),
      );
      break;
    default:
      functions.push(
        hostFunction(traits.os === 'freebsd' ? '__assert' : '__assert_rtn', 'v(ppip)', (call, fn, file, line, condition) => {
          const where = fn === 0 ? '' : `function ${text(call, fn)}, `;
          return library.abort(call, `Assertion failed: (${text(call, condition)}), ${where}file ${text(call, file)}, line ${line}.`);
        }),
      );
  }
  if (library.windowsSignals) {
    functions.push(
      ...library.windowsSignals.functions(),
      hostFunction('_crt_atexit', 'i(p)', (_call, address) => register({ address })),
      hostFunction('_onexit', 'p(p)', (_call, address) => (registered.push({ address }), address)),
      hostFunction('_cexit', 'v()', () => void streams.flushAll()),
    );
  } else {
    functions.push(
      hostFunction('__cxa_atexit', 'i(pwp)', (_call, address, argument) => register({ address, argument })),
      // Called by a library's finaliser when it is unloaded; none is before the process ends.
      hostFunction('__cxa_finalize', 'v(p)', () => undefined),
    );
  }
  return functions;
}
