/** `--memory`: what a guest may hold, on every OS; and that work of the host for it ends with the budget. */
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

/** One of each OS and word size. */
const codes = ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri3ll', 'fri6ll', 'xci6ll', 'xca6ll'];
const MEMORY = 48 << 20;

for (const code of codes) {
  needing(missingToolchain(code))(
    `${code}: memory that gives out is the OS’s own error, and what is never touched is not held`,
    async (t) => {
      const program = await compileSource(code, 'hungry.c');
      const run = (how: string): { stdout: string; held: number } => {
        const { stdout, status, machine } = runProgram(program, code, { args: [how], memory: MEMORY });
        t.deepEqual(status, { kind: 'exit', code: 0 }, how);
        return { stdout: stdout.replaceAll('\r', ''), held: machine.process.engine.peakResidentBytes };
      };
      const [ENOMEM, ENOSPC] = [12, 28];
      for (const how of ['touched', 'small']) {
        const { stdout, held } = run(how);
        t.is(stdout, `${how}: some, errno ${ENOMEM}\n`);
        // Most of it was had, and no more than there is.
        t.true(held > MEMORY / 2 && held <= MEMORY, `${how} ${held}`);
      }
      t.is(run('file').stdout, `file: some, errno ${ENOSPC}\n`);
      if (code.startsWith('w3')) return; // committed is charged there, touched or not
      const { stdout, held } = run('untouched');
      t.is(stdout, 'untouched: some, errno 0\n64 blocks of 16 MiB\n');
      t.true(held < 16 << 20);
    },
  );
}

for (const code of codes.filter((each) => !each.startsWith('w3'))) {
  needing(missingToolchain(code))(
    `${code}: a library function that finds no memory for a page it may write ends the program, and is no fault`,
    async (t) => {
      const program = await compileSource(code, 'starved.c');
      const { status, stdout } = runProgram(program, code, { memory: MEMORY });
      t.is(stdout, 'mapped\n');
      t.deepEqual(status, { kind: 'signal', signal: 9, text: 'killed: the emulated machine is out of memory' });
    },
  );
}

for (const code of codes) {
  needing(missingToolchain(code))(`${code}: threads that have ended take no memory, and one too many is the OS’s own error`, async (t) => {
    const program = await compileSource(code, 'threads.c');
    const run = (how: string): string => {
      const { stdout, status, machine } = runProgram(program, code, { args: [how], memory: MEMORY });
      t.deepEqual(status, { kind: 'exit', code: 0 }, how);
      if (how === 'one') t.is(machine.process.threadTable.made, 3001);
      return stdout.replaceAll('\r', '');
    };
    t.is(run('one'), '3000, error 0\n');
    const error = code.startsWith('w3') ? 8 : code.startsWith('li') ? 11 : 35;
    t.is(run('all'), `many, error ${error}\n`);
  });
}
