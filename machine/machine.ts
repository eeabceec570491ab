/** A program on its platform with the MPS behind it: what the command and the tests start. */
import { boot, type Booted, type BootOptions } from '../platforms/boot/boot.js';
import { mpsLibrary, type MpsLibrary } from '../mps/client/library.js';
import { hexAddress } from '../emulator/memory/hex-address.js';
import { sourceLines } from './source-lines.js';

export interface MachineOptions extends Omit<BootOptions, 'libraries'> {
  variety: 'cool' | 'hot';
  /** Named policies that scan more than the real MPS. */
  scan: string[];
  /** Told what the user should know and the program does not show. */
  note?: (text: string) => void;
  /** Only for tests that must then fail. */
  testHooks?: { noBarriers?: boolean; noRegisterScan?: boolean; noStackScan?: boolean };
}

export interface Machine extends Booted {
  mps: MpsLibrary;
  /** PC of the thread that ran last, as 'symbol+offset (0x...)'. */
  where(): string;
  /** Give up what the run holds outside of the report. */
  finish(): void;
}

export function startMachine(options: MachineOptions): Machine {
  const made: { mps?: MpsLibrary } = {};
  const booted = boot({
    ...options,
    libraries(os) {
      const mps = mpsLibrary(os.port, {
        variety: options.variety,
        scan: options.scan,
        testHooks: options.testHooks ?? {},
        output: options.output,
        environment: (name) => options.env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1),
      });
      made.mps = mps;
      return [mps.library];
    },
  });
  const { process } = booted;
  const { mps } = made;
  if (!mps) throw new Error('the process was started without the MPS');
  process.names.lines = sourceLines(options.note ?? (() => undefined));
  return {
    ...booted,
    mps,
    where() {
      const thread = process.current;
      if (!thread) return 'the start';
      const pc = process.registers(thread).big(process.abi.pc);
      return `${process.names.describe(pc)}, ${hexAddress(pc)}`;
    },
    finish() {
      process.events.emit('exit', { status: process.status });
    },
  };
}
