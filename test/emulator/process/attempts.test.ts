/** What a blocked call keeps for when it is tried again, and that a longjmp out of it ends that. */
import test from 'ava';
import { hostFunction } from '../../../emulator/process/host-call.js';
import { CPUS, Lab } from './lab.js';

for (const cpu of CPUS) {
  test(`${cpu}: a call that was left by longjmp has nothing to do with a later one of the same function at the same depth`, (t) => {
    let made = 0;
    let left = false;
    const seen: number[] = [];
    const deep = hostFunction('deep', 'v()', (call) => {
      const state = call.attempt(() => ++made);
      if (!left) call.block({ what: 'nothing', on: [], ready: () => false });
      seen.push(state);
    });
    const shallow = hostFunction('shallow', 'v()', (call) => void call.attempt(() => 'its own'));
    const lab: Lab = new Lab(cpu, [deep, shallow]);
    const { process } = lab;
    const thread = lab.thread(
      lab.code({
        ia32: 'sub esp, 76; call deep; add esp, 76; ret',
        x64: 'sub rsp, 72; call deep; add rsp, 72; ret',
        arm64: 'stp x29, x30, [sp, #-80]!; call deep; ldp x29, x30, [sp], #80; ret',
      }),
    );
    const target = lab.code({
      ia32: 'sub esp, 12; call shallow; sub esp, 64; call deep; add esp, 76; ret',
      x64: 'sub rsp, 8; call shallow; sub rsp, 64; call deep; add rsp, 72; ret',
      arm64: 'stp x29, x30, [sp, #-16]!; call shallow; sub sp, sp, #64; call deep; add sp, sp, #64; ldp x29, x30, [sp], #16; ret',
    });
    const sp = process.registers(thread).get(process.abi.sp);
    process.agenda.alarms.set('longjmp', 10_000, () => {
      left = true;
      thread.unblock();
      const registers = process.load(thread);
      registers.set(process.abi.pc, target);
      registers.set(process.abi.sp, sp);
      if (cpu === 'arm64') registers.set(30, lab.gate('end-thread'));
    });
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.deepEqual(seen, [2]);
    t.is(made, 2);
  });
}
