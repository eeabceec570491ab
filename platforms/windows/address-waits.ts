/** WaitOnAddress: until somebody says that the value at an address may be another. First come first served; what it really is nobody looks at. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { LastError } from './last-error.js';
import { deadlineOf } from './waits.js';

interface Needs extends Pick<Core, 'process'> {
  readonly lastError: LastError;
}

interface Sleeper {
  readonly address: number;
  readonly deadline: number | undefined;
  woken: boolean;
}

const SIZES: ReadonlySet<number> = new Set([1, 2, 4, 8]);

export function addressWaitCalls(os: Needs): HostFunction[] {
  const sleepers = new Set<Sleeper>();
  const failed = (call: HostCall, error: number): number => {
    os.lastError.set(call.thread, error);
    return FALSE;
  };
  const sleep = (call: HostCall, sleeper: Sleeper): number => {
    if (sleeper.woken) return TRUE;
    const { address, deadline } = sleeper;
    if (deadline !== undefined && call.process.clock.now >= deadline) {
      sleepers.delete(sleeper);
      return failed(call, ErrorCode.TIMEOUT);
    }
    sleepers.add(sleeper);
    return call.block({
      what: `address 0x${address.toString(16)}`,
      on: [sleeper],
      ready: () => sleeper.woken,
      ...(deadline !== undefined && { deadline }),
    });
  };
  const wake = (address: number, all: boolean): void => {
    for (const sleeper of [...sleepers]) {
      if (sleeper.address !== address) continue;
      sleeper.woken = true;
      sleepers.delete(sleeper);
      os.process.changed(sleeper);
      if (!all) return;
    }
  };
  return [
    win32('WaitOnAddress', 'i(ppzu)', (call, address, compare, size, milliseconds) => {
      const begun = call.attempted<Sleeper>();
      if (begun) return sleep(call, begun);
      if (!SIZES.has(size)) return failed(call, ErrorCode.INVALID_PARAMETER);
      if (Buffer.compare(call.memory.bytes(address, size), call.memory.bytes(compare, size)) !== 0) return TRUE;
      return sleep(
        call,
        call.attempt(() => ({ address, deadline: deadlineOf(call, milliseconds), woken: false })),
      );
    }),
    win32('WakeByAddressSingle', 'v(p)', (_call, address) => wake(address, false)),
    win32('WakeByAddressAll', 'v(p)', (_call, address) => wake(address, true)),
  ];
}
