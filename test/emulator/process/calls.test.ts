/** Host calls and callbacks: exact budgets and stops across both, nesting, faults and retries, longjmp, sequences. */
import test from 'ava';
import { Access, Prot, type CpuName } from '../../../emulator/engine.js';
import { hostFunction, type HostFunction } from '../../../emulator/process/host-call.js';
import { guestStep, type Step } from '../../../emulator/process/sequence.js';
import { CPUS, DATA, Lab } from './lab.js';

/** descend(n): n > 0 ? 1 + callback(n - 1) : 0, where the callback calls descend. */
function descend(callback: () => number): HostFunction {
  return hostFunction('descend', 'z(z)', (call, n) => (n > 0 ? 1 + (call.callGuest(callback(), 'z(z)', [n - 1]) as number) : 0));
}

/** callback(n): descend(n), with a register of its own to keep. */
function callbackCode(lab: Lab): number {
  return lab.code({
    ia32: 'push ebx; mov ebx, [esp+8]; push ebx; call descend; add esp, 4; cmp ebx, [esp+8]; je fine; ud2; fine: pop ebx; ret',
    x64: 'push rbx; mov rbx, rdi; call descend; pop rbx; ret',
    arm64: 'stp x30, x19, [sp, #-16]!; mov x19, x0; call descend; ldp x30, x19, [sp], #16; ret',
  });
}

/** note(descend(n)); note(a register kept from before; 77). */
function mainCode(lab: Lab): number {
  return lab.code({
    ia32: 'push esi; mov esi, 77; push [esp+8]; call descend; mov [esp], eax; call note; mov [esp], esi; call note; add esp, 4; pop esi; ret',
    x64: 'push r12; mov r12, 77; call descend; mov rdi, rax; call note; mov rdi, r12; call note; pop r12; ret',
    arm64: 'stp x30, x20, [sp, #-16]!; mov x20, #77; call descend; call note; mov x0, x20; call note; ldp x30, x20, [sp], #16; ret',
  });
}

function nested(cpu: CpuName, depth: number, options: { budget?: number } = {}): Lab {
  let callback = 0;
  const lab = new Lab(cpu, [descend(() => callback)], options);
  callback = callbackCode(lab);
  lab.thread(mainCode(lab), depth);
  return lab;
}

for (const cpu of CPUS) {
  test(`${cpu}: callbacks nest, keep registers, and give results back`, (t) => {
    for (const depth of [0, 1, 2, 12, 40]) {
      const lab = nested(cpu, depth);
      t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
      t.deepEqual(lab.log, [depth, 77]);
      t.is(lab.process.hostCalls.running.length, 0);
      t.is(lab.process.threads[0].callbacks.length, 0);
    }
  });

  test(`${cpu}: a budget is exact, within callbacks too`, (t) => {
    const whole = nested(cpu, 3);
    whole.process.engine.recordInstructions(4096);
    whole.process.run();
    const pcs = whole.process.engine.recordedInstructions();
    const total = whole.process.instructions;
    whole.process.close();
    t.is(pcs.length, total);
    for (let budget = 1; budget < total; budget++) {
      const lab = nested(cpu, 3, { budget });
      t.deepEqual(lab.process.run(), { kind: 'budget' });
      t.is(lab.process.instructions, budget);
      // The next instruction, or a host function that is about to be entered.
      if (!lab.process.gates.at(lab.pc)) t.is(lab.pc, pcs[budget], `after ${budget}`);
      lab.process.close();
    }
    const enough = nested(cpu, 3, { budget: total + 1 });
    t.deepEqual(enough.run(), { kind: 'exit', code: 0 });
  });

  test(`${cpu}: the stop hook comes at each unit of virtual time, wherever that is`, (t) => {
    const plain = nested(cpu, 3);
    plain.process.run();
    const end = plain.process.clock.now;
    plain.process.close();
    const lab = nested(cpu, 3);
    const { process } = lab;
    process.engine.recordInstructions(4096);
    const stops: { at: number; now: number; pc: number; instructions: number; depth: number }[] = [];
    const arm = (at: number): void => {
      process.agenda.stop = {
        at,
        action: () => {
          stops.push({
            at,
            now: process.clock.now,
            pc: lab.pc,
            instructions: process.instructions,
            depth: process.threads[0].callbacks.length,
          });
          arm(process.clock.now + 1);
        },
      };
    };
    arm(1);
    process.run();
    const pcs = process.engine.recordedInstructions();
    process.close();
    t.is(process.clock.now, end, 'looking changes nothing');
    t.is(Math.max(...stops.map((s) => s.depth)), 3);
    t.is(new Set(stops.map((s) => s.instructions)).size >= pcs.length, true, 'between any two instructions');
    for (const { at, now, pc, instructions } of stops) {
      t.true(now >= at && now - at < 60, 'later only by a host call that cannot be divided');
      if (!process.gates.at(pc) && instructions < pcs.length) t.is(pc, pcs[instructions]);
    }
  });

  test(`${cpu}: a host function that faults is run again when the OS has dealt with the fault`, (t) => {
    const faults: { address: number; access: number; pc: number; fromHost: boolean }[] = [];
    let tries = 0;
    const read: HostFunction = hostFunction('read', 'z(z)', (call, address) => {
      tries++;
      const value = call.memory.u32(address);
      call.memory.setU32(address + 4096, value + 1);
      return value;
    });
    const lab = new Lab(cpu, [read], {
      fault: (l, _thread, { address, access, pc, fromHost }) => {
        faults.push({ address, access, pc, fromHost });
        l.process.space.protect(Math.floor(address / 4096) * 4096, 4096, Prot.RW);
      },
    });
    lab.process.supervisor.setU32(DATA + 0x1010, 41);
    lab.process.space.protect(DATA + 0x1000, 4096, Prot.None);
    lab.process.space.protect(DATA + 0x2000, 4096, Prot.Read);
    lab.thread(
      lab.code({
        ia32: 'push [esp+4]; call read; mov [esp], eax; call note; pop eax; ret',
        x64: 'push rbx; call read; mov rdi, rax; call note; pop rbx; ret',
        arm64: 'stp x30, x19, [sp, #-16]!; call read; call note; ldp x30, x19, [sp], #16; ret',
      }),
      DATA + 0x1010,
    );
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.deepEqual(lab.log, [41]);
    t.is(tries, 3);
    const pc = lab.gate('read');
    t.deepEqual(faults, [
      { address: DATA + 0x1010, access: Access.Read, pc, fromHost: true },
      { address: DATA + 0x2010, access: Access.Write, pc, fromHost: true },
    ]);
  });

  test(`${cpu}: a callback can fault and go on`, (t) => {
    let callback = 0;
    const faults: number[] = [];
    const lab = new Lab(cpu, [hostFunction('through', 'z(z)', (call, a) => call.callGuest(callback, 'z(z)', [a]))], {
      fault: (l, _thread, { address, pc }) => {
        faults.push(address, pc);
        l.process.space.protect(DATA, 4096, Prot.RW);
      },
    });
    callback = lab.code({ ia32: 'mov eax, [esp+4]; mov eax, [eax]; ret', x64: 'mov eax, [rdi]; ret', arm64: 'ldr w0, [x0]; ret' });
    lab.process.supervisor.setU32(DATA, 99);
    lab.process.space.protect(DATA, 4096, Prot.None);
    lab.thread(
      lab.code({
        ia32: 'push [esp+4]; call through; mov [esp], eax; call note; pop eax; ret',
        x64: 'push rbx; call through; mov rdi, rax; call note; pop rbx; ret',
        arm64: 'stp x30, x19, [sp, #-16]!; call through; call note; ldp x30, x19, [sp], #16; ret',
      }),
      DATA,
    );
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.deepEqual(lab.log, [99]);
    t.deepEqual(faults, [DATA, callback + (cpu === 'ia32' ? 4 : 0)]);
  });

  test(`${cpu}: longjmp out of callbacks gives up the host frames between`, (t) => {
    let callback = 0;
    const ends: string[] = [];
    const deep: HostFunction = hostFunction('deep', 'v(z)', (call, n) => {
      try {
        call.callGuest(callback, 'v(z)', [n - 1]);
        ends.push(`returned ${n}`);
      } finally {
        ends.push(`left ${n}`);
      }
    });
    const lab = new Lab(cpu, [deep]);
    // callback(n): n > 0 ? deep(n) : jump back to where main has left its SP and PC in memory.
    callback = lab.code({
      ia32: `mov ecx, [esp+4]; test ecx, ecx; jz out; push ecx; call deep; pop ecx; ret; out: mov esp, [${DATA}]; jmp [${DATA + 8}]`,
      x64: `test rdi, rdi; jz out; push rbx; call deep; pop rbx; ret; out: mov ecx, ${DATA}; mov rsp, [rcx]; jmp [rcx+8]`,
      arm64: `cbz x0, out; stp x30, x19, [sp, #-16]!; call deep; ldp x30, x19, [sp], #16; ret; out: load x9, ${DATA}; ldr x10, [x9]; mov sp, x10; ldr x10, [x9, #8]; br x10`,
    });
    const landing = lab.code({
      ia32: 'push 5; call note; pop eax; ret',
      x64: 'push rbx; mov edi, 5; call note; pop rbx; ret',
      arm64: 'mov x0, #5; call note; ldp x30, x19, [sp], #16; ret',
    });
    const main = lab.code({
      ia32: `mov eax, [esp+4]; mov [${DATA}], esp; push eax; call deep; ud2`,
      x64: `mov ecx, ${DATA}; mov [rcx], rsp; push rbx; call deep; ud2`,
      arm64: `stp x30, x19, [sp, #-16]!; load x9, ${DATA}; mov x10, sp; str x10, [x9]; call deep; brk #1`,
    });
    lab.process.supervisor.setWord(DATA + 8, landing);
    lab.thread(main, 3);
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.deepEqual(lab.log, [5]);
    t.deepEqual(ends, ['left 1', 'left 2', 'left 3']);
    t.is(lab.process.hostCalls.running.length, 0);
    t.is(lab.process.threads[0].callbacks.length, 0);
  });

  test(`${cpu}: longjmp to within the outer callback gives up the inner one alone`, (t) => {
    const callbacks: number[] = [];
    const ends: string[] = [];
    const enter = (name: string, index: number): HostFunction =>
      hostFunction(name, 'v()', (call) => {
        let how = 'left';
        try {
          call.callGuest(callbacks[index], 'v()', []);
          how = 'returned';
        } finally {
          ends.push(`${how} ${name}`);
        }
      });
    const lab = new Lab(cpu, [enter('outer', 0), enter('inner', 1)]);
    callbacks[0] = lab.code({
      ia32: `mov [${DATA}], esp; call inner; ud2`,
      x64: `mov ecx, ${DATA}; mov [rcx], rsp; push rbx; call inner; ud2`,
      arm64: `stp x30, x19, [sp, #-16]!; load x9, ${DATA}; mov x10, sp; str x10, [x9]; call inner; brk #1`,
    });
    const landing = lab.code({
      ia32: 'push 5; call note; pop eax; ret',
      x64: 'push rbx; mov edi, 5; call note; pop rbx; ret',
      arm64: 'mov x0, #5; call note; ldp x30, x19, [sp], #16; ret',
    });
    callbacks[1] = lab.code({
      ia32: `mov esp, [${DATA}]; jmp [${DATA + 8}]`,
      x64: `mov ecx, ${DATA}; mov rsp, [rcx]; jmp [rcx+8]`,
      arm64: `load x9, ${DATA}; ldr x10, [x9]; mov sp, x10; ldr x10, [x9, #8]; br x10`,
    });
    lab.process.supervisor.setWord(DATA + 8, landing);
    lab.thread(
      lab.code({
        ia32: 'call outer; push 6; call note; pop eax; ret',
        x64: 'push rbx; call outer; mov edi, 6; call note; pop rbx; ret',
        arm64: 'stp x30, x19, [sp, #-16]!; call outer; mov x0, #6; call note; ldp x30, x19, [sp], #16; ret',
      }),
    );
    t.deepEqual(lab.run(), { kind: 'exit', code: 0 });
    t.deepEqual(lab.log, [5, 6]);
    t.deepEqual(ends, ['left inner', 'returned outer']);
  });

  test(`${cpu}: a sequence calls guest functions in a row, on one stack, and may block in them`, (t) => {
    let open = false;
    const functions: HostFunction[] = [
      hostFunction('start', 'v(z)', (call, target) => {
        const steps: Step[] = [1, 2, 3].map((n) => guestStep(target, 'v(z)', [n]));
        const registers = call.process.registers(call.thread);
        const before = registers.get(call.process.abi.sp);
        lab.process.sequences.start(call.thread, steps.values(), () => {
          lab.log.push(registers.get(call.process.abi.sp) === before ? 'done' : 'SP has moved');
          lab.process.endThread(call.thread, 0n);
        });
      }),
      hostFunction('wait', 'v(z)', (call, n) => {
        if (n === 2 && !open) call.block({ what: 'the gate', ready: () => open });
      }),
      hostFunction('open', 'v()', () => void (open = true)),
    ];
    const lab: Lab = new Lab(cpu, functions, { seed: 3 });
    const step = lab.code({
      ia32: 'push [esp+4]; call wait; call note; pop eax; ret',
      x64: 'push rbx; mov rbx, rdi; call wait; mov rdi, rbx; call note; pop rbx; ret',
      arm64: 'stp x30, x19, [sp, #-16]!; mov x19, x0; call wait; mov x0, x19; call note; ldp x30, x19, [sp], #16; ret',
    });
    lab.thread(
      lab.code({
        ia32: 'push [esp+4]; call start; ud2',
        x64: 'push rbx; call start; ud2',
        arm64: 'stp x30, x19, [sp, #-16]!; call start; brk #1',
      }),
      step,
    );
    lab.thread(
      lab.code({
        ia32: 'push 9; call note; call open; pop eax; ret',
        x64: 'push rbx; mov edi, 9; call note; call open; pop rbx; ret',
        arm64: 'stp x30, x19, [sp, #-16]!; mov x0, #9; call note; call open; ldp x30, x19, [sp], #16; ret',
      }),
    );
    const status = lab.run();
    t.true(status.kind === 'exit' || (status.kind === 'error' && status.text === 'every thread has ended'), JSON.stringify(status));
    t.deepEqual(
      lab.log.filter((e) => e !== 9),
      [1, 2, 3, 'done'],
    );
    t.true(lab.log.indexOf(9) < lab.log.indexOf(2));
  });

  test(`${cpu}: a callback that blocks is a clear error`, (t) => {
    let callback = 0;
    const lab = new Lab(cpu, [
      hostFunction('through', 'v()', (call) => call.callGuest(callback, 'v()', []) as undefined),
      hostFunction('forever', 'v()', (call) => call.block({ what: 'nothing', ready: () => false })),
    ]);
    const leaf = {
      ia32: 'call forever; ret',
      x64: 'push rbx; call forever; pop rbx; ret',
      arm64: 'stp x30, x19, [sp, #-16]!; call forever; ldp x30, x19, [sp], #16; ret',
    };
    callback = lab.code(leaf);
    lab.thread(
      lab.code({
        ia32: leaf.ia32.replace('forever', 'through'),
        x64: leaf.x64.replace('forever', 'through'),
        arm64: leaf.arm64.replace('forever', 'through'),
      }),
    );
    const status = lab.run();
    t.true(status.kind === 'deadlock' && /a callback from the host blocks \(nothing\)/.test(status.text), JSON.stringify(status));
  });
}
