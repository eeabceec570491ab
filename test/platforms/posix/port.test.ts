/** The port over the modelled calls: barriers by SIGSEGV, suspension by signals, what is scanned of whom. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from './guest.js';
import { newLog, portLibrary } from './port-guest.js';

const codes = ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc'];

for (const code of codes) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: barrier faults are handled and the instruction runs again`, (t) => {
    const log = newLog();
    const guest = bootGuest(code, 'posix/guests/port-barriers.c', { libraries: portLibrary(log) });
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.is(guest.output(), `${(16 * 100 + 120 + 100).toString(16)} ${(35).toString(16)} 7`);
    t.is(log.faults.length, 17);
    t.is(log.faults[0] % 4096, 0);
    t.is(log.faults[16] - log.faults[0], 8 * (code.includes('i3') ? 4 : 8));
  });

  compiled(`${code}: a suspended thread shows its registers and stack, and goes on`, (t) => {
    const log = newLog();
    const guest = bootGuest(code, 'posix/guests/port-suspended.c', { libraries: portLibrary(log), seed: 3 });
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.is(guest.output(), `${(400).toString(16)} ${(0x4e600000 + 0x57ac0001).toString(16)}`);
    const stack = log.words.filter((w) => w.kind === 'stack' && w.value === 0x57ac0001);
    t.true(stack.length >= 1);
    t.regex(stack[0].name, /^\[(rsp|esp|sp)\+0x/);
    const registers = log.words.filter((w) => w.kind === 'registers' && w.value === 0x4e600000);
    t.true(registers.length >= 1, JSON.stringify(log.words.filter((w) => w.kind === 'registers').slice(0, 30)));
    t.regex(registers[0].name, /^(r[a-z0-9]+|e[a-z]{2}|x\d+)$/);
  });

  compiled(`${code}: a thread suspended in a blocking call takes the wait up again`, (t) => {
    const log = newLog();
    const guest = bootGuest(code, 'posix/guests/port-waiting.c', { libraries: portLibrary(log) });
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: the calling thread is scanned from its jmp_buf`, (t) => {
    const log = newLog();
    const guest = bootGuest(code, 'posix/guests/port-current.c', { libraries: portLibrary(log) });
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.true(log.words.some((w) => w.kind === 'registers' && w.value === 0x4e600001 && /^[er]?[a-z0-9]+$/.test(w.name)));
    t.true(log.words.some((w) => w.kind === 'stack' && w.value === 0x57ac0002));
  });

  compiled(`${code}: a fault that isn't the MPS's goes to the handler before it, or kills`, (t) => {
    const log = newLog();
    const boot = (flags: string[]) => bootGuest(code, 'posix/guests/port-foreign-fault.c', { libraries: portLibrary(log), flags });
    const dies = boot([]).run();
    t.is(dies.kind, 'signal');
    t.like(dies, { kind: 'signal', signal: 11 });
    t.regex((dies as { text: string }).text, /SIGSEGV .*write to 0x[0-9a-f]+, which is not mapped, at guest.*!main/);
    const guest = boot(['-DHANDLED']);
    t.deepEqual(guest.run(), { kind: 'exit', code: 5 });
    t.is(guest.output(), '1');
  });
}
