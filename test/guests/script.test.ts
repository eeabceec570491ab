/** Scripted scheduling of a whole guest: thread 2 to a function, thread 3 for three instructions, then as the seed says. */
import test from 'ava';
import { demoPrograms } from '../../cli/demo-programs.js';
import type { Decision } from '../../emulator/process/scheduler.js';
import type { Machine } from '../../machine/machine.js';
import { runFixture } from './harness.js';
import { there } from '../there.js';

const threads = there(demoPrograms.find((program) => program.name === 'threads'));

function addressOf(machine: Machine, name: string): number {
  const { base, image } = machine.images.program;
  const symbol = image.symbols.list.find((s) => s.name === name);
  return base + there(symbol).offset;
}

for (const code of ['w3i3mv', 'lii6ll', 'lia6gc', 'fri3gc', 'xca6ll']) {
  test.serial(`a script decides every switch on ${code}`, (t) => {
    const seen: string[] = [];
    const { stdout, status } = runFixture(code, 'threads', {
      before: (machine) => {
        const { process } = machine;
        const exchange = addressOf(machine, 'exchange');
        const workers = (): number[] => process.threads.slice(-2).map((thread) => thread.id);
        const where = (id: number): string =>
          process.names.find(process.withThread(process.threads[id - 1], (registers) => registers.get(process.abi.pc)))?.function ??
          'elsewhere';
        let step = 0;
        let before = 0;
        process.scheduler.script = (): Decision | undefined => {
          if (step === 0 && process.threads.length < 5) return { thread: 1, instructions: 100 };
          const [first, second] = workers();
          switch (step++) {
            case 0:
              return { thread: first, address: exchange };
            case 1:
              seen.push(where(first));
              before = process.threads[second - 1].instructions;
              return { thread: second, instructions: 3 };
            case 2:
              seen.push(String(process.threads[second - 1].instructions - before));
              seen.push(where(first));
              return { thread: first, instructions: 1 };
            default:
              seen.push(where(first));
              return undefined;
          }
        };
      },
    });
    t.deepEqual(seen, ['exchange', '3', 'exchange', 'exchange']);
    t.deepEqual(status, { kind: 'exit', code: 0 });
    t.is(threads.resultOf(stdout), threads.expected());
  });
}
