/**
 * The default plinth as the library exports it (mpslib.h, mpsio.h), over the guest's
 * C library where that is the place for it, and the argument list helper of mps.h.
 */
import type { HostCall, HostFunction } from '../../platforms/port.js';
import { Res } from '../plinth/res.js';
import { ARGS_MAX } from './args.js';
import type { Client } from './client.js';

/** Names of the bits of the telemetry filter, from bit 0. */
const KINDS = ['arena', 'pool', 'trace', 'seg', 'ref', 'object', 'user'];
const EOF = -1;

/** The filter that the value of MPS_TELEMETRY_CONTROL asks for. */
function telemetryControl(text: string | undefined): number {
  if (text === undefined) return 0;
  const number = /^\s*(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text)?.[1];
  const value = number === undefined ? 0 : /^0[0-7]+$/.test(number) ? parseInt(number, 8) : Number(number);
  if (value !== 0) return value;
  let filter = 0;
  for (const word of text.toLowerCase().split(' ')) {
    if (word === 'all') return 2 ** KINDS.length - 1;
    const bit = KINDS.indexOf(word);
    if (bit >= 0) filter |= 1 << bit;
  }
  return filter;
}

export function plinthFunctions(client: Client): HostFunction[] {
  const d = client.define;
  const { port, assertions, statics } = client;
  const streams = new Map<number, 1 | 2>();
  const stream = (number: 1 | 2): number => {
    for (const [token, known] of streams) if (known === number) return token;
    const token = statics.allocate(16);
    streams.set(token, number);
    return token;
  };
  const put = (call: HostCall, token: number, bytes: Uint8Array): boolean => {
    const to = streams.get(token);
    if (to === undefined) return client.wildRead(call, token);
    if (!client.options.output) return client.unsupported(call, 'output without a place to put it is');
    client.options.output(to, bytes);
    return true;
  };
  const notOpen = (call: HostCall): number => {
    client.aver(false, call.fn.name, 'mps_io == (mps_io_t)ioFile');
    return Res.IO;
  };

  return [
    d('mps_lib_get_EOF', 'i()', () => EOF),
    d('mps_lib_get_stderr', 'p()', () => stream(2)),
    d('mps_lib_get_stdout', 'p()', () => stream(1)),
    d('mps_lib_fputc', 'i(ip)', (call, c, to) => {
      put(call, to, Uint8Array.of(c));
      return c & 0xff;
    }),
    d('mps_lib_fputs', 'i(pp)', (call, text, to) => {
      put(call, to, call.memory.cBytes(text));
      return 0;
    }),
    d('mps_lib_assert_fail', 'v(pup)', (call, file, line, condition) =>
      assertions.fail(call.memory.cString(file), line, call.memory.cString(condition)),
    ),
    d('mps_lib_assert_fail_install', 'p(p)', (_call, handler) => assertions.install(handler)),
    d('mps_lib_memset', 'p(piz)', (call, to, value, size) => {
      call.memory.fill(to, size, value & 0xff);
      return to;
    }),
    d('mps_lib_memcpy', 'p(ppz)', (call, to, from, size) => {
      call.memory.write(to, call.memory.bytes(from, size));
      return to;
    }),
    d('mps_lib_memcmp', 'i(ppz)', (call, one, other, size) => {
      const a = call.memory.bytes(one, size);
      const b = call.memory.bytes(other, size);
      const at = a.findIndex((byte, i) => byte !== b[i]);
      return at < 0 ? 0 : a[at] - b[at];
    }),
    d('mps_clock', 'z()', () => port.clock()),
    d('mps_clocks_per_sec', 'z()', () => port.clocksPerSecond),
    d('mps_lib_telemetry_control', 'L()', () => telemetryControl(client.options.environment?.('MPS_TELEMETRY_CONTROL'))),

    // There is no file for the stream, so it can't be opened, and none is open.
    d('mps_io_create', 'i(p)', () => Res.IO),
    d('mps_io_destroy', 'v(p)', (call) => void notOpen(call)),
    d('mps_io_write', 'i(ppz)', notOpen),
    d('mps_io_flush', 'i(p)', notOpen),

    d('_mps_args_set_key', 'v(pup)', (call, args, index, key) => {
      client.aver(index < ARGS_MAX, call.fn.name, 'i < MPS_ARGS_MAX');
      call.memory.setWord(args + index * client.layouts.arg.size + client.layouts.arg.key, key);
    }),
    ...(port.platform.structuredExceptions ? exceptionFunctions(client) : []),
    d('mps_rank_ambig', 'u()', () => 0),
    d('mps_rank_exact', 'u()', () => 1),
    d('mps_rank_weak', 'u()', () => 3),
  ];
}

/** What the Windows library exports without declaring it, for clients with structured exception handlers of their own. */
function exceptionFunctions(client: Client): HostFunction[] {
  return [
    client.define('mps_SEH_filter', 'i(ppp)', (call) =>
      client.unsupported(call, 'the exception filter for structured exception handlers is'),
    ),
    client.define('mps_SEH_handler', 'v(pz)', (call) => void client.aver(false, call.fn.name, 'unreachable code')),
  ];
}
