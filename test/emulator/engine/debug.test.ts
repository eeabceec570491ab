/** Breakpoints stop in front of an instruction, watchpoints after one; neither changes what programs do. */
import test from 'ava';
import { Access } from '../../../emulator/engine.js';
import { CODE, CPUS, DATA, Machine, textFor } from './machine.js';

for (const cpu of CPUS) {
  const arm = cpu === 'arm64';
  const width = arm ? 4 : 1;
  test(`${cpu}: a breakpoint in a loop is met in each round, at its exact count`, (t) => {
    // inc / dec-and-branch loop of 4 instructions: nop; nop; sub; branch
    const m = new Machine(cpu).code(
      textFor(cpu, { x86: 'nop; nop; sub ecx, 1; jne 0x10000; int 0x80', arm64: 'nop; nop; subs w2, w2, #1; b.ne 0x10000; svc #0' }),
    );
    const counter = arm ? 'x2' : 'rcx';
    m.set({ [counter]: 5 });
    m.engine.addBreakpoint(CODE + width);
    for (let i = 0; i < 5; i++) {
      t.is(m.run(), 'Breakpoint');
      t.is(m.pc, CODE + width);
      t.is(m.exit.executed, i === 0 ? 1 : 4);
      t.is(m.get(counter), 5 - i);
    }
    t.is(m.run(), arm ? 'SystemCall' : 'SoftwareInterrupt');
    t.is(m.exit.executed, 4);
    // A budget that ends on a breakpoint is a budget; the next run meets the breakpoint.
    m.set({ [counter]: 2 });
    m.pc = CODE;
    t.is(m.run(1), 'Budget');
    t.is(m.run(1), 'Breakpoint');
    t.is(m.exit.executed, 0);
    t.is(m.run(1), 'Budget');
    m.engine.removeBreakpoint(CODE + width);
    t.is(m.run(), arm ? 'SystemCall' : 'SoftwareInterrupt');
    m.close();
  });

  test(`${cpu}: a breakpoint that another thread stopped at is met by this one`, (t) => {
    const m = new Machine(cpu).code(textFor(cpu, { x86: 'nop; nop; int 0x80', arm64: 'nop; nop; svc #0' }));
    m.engine.addBreakpoint(CODE + width);
    const a = m.engine.newContext();
    const b = m.engine.newContext();
    for (const context of [a, b]) {
      m.engine.restoreContext(context);
      m.pc = CODE;
      t.is(m.run(), 'Breakpoint');
      m.engine.saveContext(context);
    }
    for (const context of [b, a]) {
      m.engine.restoreContext(context);
      t.is(m.run(), arm ? 'SystemCall' : 'SoftwareInterrupt');
      m.engine.saveContext(context);
    }
    m.close();
  });

  test(`${cpu}: watchpoints report the access exactly and let other accesses pass`, (t) => {
    const m = new Machine(cpu).code(
      textFor(cpu, {
        ia32: 'mov [ebx], eax; mov [ebx+4], eax; mov ecx, [ebx+4]; mov [ebx+6], ax; int 0x80',
        x64: 'mov [rbx], eax; mov [rbx+4], eax; mov ecx, [rbx+4]; mov [rbx+6], ax; int 0x80',
        arm64: 'str w0, [x1]; str w0, [x1, #4]; ldr w2, [x1, #4]; strh w0, [x1, #6]; svc #0',
      }),
    );
    m.set({ [arm ? 'x1' : 'rbx']: DATA + 0x100, [arm ? 'x0' : 'rax']: 9 });
    m.engine.addWatchpoint(DATA + 0x104, 4, Access.Write);
    t.is(m.run(), 'Watchpoint');
    t.deepEqual([m.exit.address, m.exit.access, m.exit.size, m.exit.executed], [DATA + 0x104, Access.Write, 4, 2]);
    t.is(m.peek(DATA + 0x104), 9);
    t.is(m.run(), 'Watchpoint');
    t.deepEqual([m.exit.address, m.exit.access, m.exit.size, m.exit.executed], [DATA + 0x106, Access.Write, 2, 2]);
    t.not(m.run(), 'Watchpoint');
    m.engine.removeWatchpoint(DATA + 0x104, 4);
    m.engine.addWatchpoint(DATA + 0x105, 1, Access.Read);
    m.pc = CODE;
    t.is(m.run(), 'Watchpoint');
    t.deepEqual([m.exit.access, m.exit.executed], [Access.Read, 3]);
    m.engine.removeWatchpoint(DATA + 0x105, 1);
    m.pc = CODE;
    t.not(m.run(), 'Watchpoint');
    m.close();
  });
}
