/** Mach structures at their offsets: requests of each behaviour, replies, thread states, jmp_buf. Sizes and offsets are those of the SDK's headers. */
import test from 'ava';
import { X86 } from '../../../emulator/cpu/registers.js';
import { Prot } from '../../../emulator/engine.js';
import { Process } from '../../../emulator/process/process.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { platform } from '../../../platforms/codes.js';
import { Exc, MACH_EXCEPTION_CODES } from '../../../platforms/macos/exceptions.js';
import { macos } from '../../../platforms/macos/index.js';
import { MacJumpBuffer } from '../../../platforms/macos/jump-buffer.js';
import { MacKernel } from '../../../platforms/macos/kernel.js';
import { Kern } from '../../../platforms/macos/mach-ports.js';
import { posixThread, PosixThread } from '../../../platforms/posix/posix-thread.js';
import { there } from '../../there.js';

const codes = { xci6ll: { general: 4, words: 42, size: 168, request: 260 }, xca6ll: { general: 6, words: 68, size: 272, request: 364 } };

function withKernel(code: string, body: (kernel: MacKernel, process: Process, thread: Thread) => void): void {
  const process = new Process({ ...macos.processOptions(there(platform(code))), memory: 64 << 20 });
  try {
    const thread = process.createThread('main');
    new PosixThread(thread, 1);
    body(new MacKernel(process), process, thread);
  } finally {
    process.close();
  }
}

for (const [code, { general, words, size, request }] of Object.entries(codes)) {
  test(`${code}: request 2407 and its reply`, (t) => {
    withKernel(code, (kernel, process, thread) => {
      const pc = process.abi.pc;
      const port = there(kernel.ports.allocate(1));
      const registers = process.load(thread);
      registers.set(pc, 0x1234_5678_9abc);
      registers.set(3, 0x3333);
      kernel.swapExceptionPorts(kernel.exceptionPorts(thread), 1 << Exc.BadAccess, port, 3 + MACH_EXCEPTION_CODES, general);
      const results: string[] = [];
      kernel.raise(thread, { type: Exc.BadAccess, code: [Kern.ProtectionFailure, 0x7ff_0000_0123] }, () => results.push('unhandled'));
      const message = there(kernel.ports.receive(port)).queue[0];
      const view = new DataView(message.buffer, message.byteOffset, message.length);
      t.is(message.length, request + 8);
      t.is(view.getUint32(4, true), request);
      t.is(view.getUint32(0, true), 0x80000000 + 18 + (17 << 8));
      t.is(view.getUint32(0x0c, true), port);
      t.is(view.getUint32(0x14, true), 2407);
      t.deepEqual(
        [0x18, 0x1c, 0x28, 0x3c, 0x40, 0x54, 0x58].map((at) => view.getUint32(at, true)),
        [2, kernel.ports.ofThread(thread), kernel.ports.task, 1, 2, general, words],
      );
      t.is(view.getBigUint64(0x44, true), 2n);
      t.is(view.getBigUint64(0x4c, true), 0x7ff_0000_0123n);
      const pcAt = 0x5c + kernel.layout.pcOffset;
      t.is(view.getBigUint64(pcAt, true), 0x1234_5678_9abcn);
      t.is(thread.state, 'blocked');
      t.false(there(thread.wait).ready());
      // The reply: RetCode 0 and a state with another PC.
      const reply = new DataView(new ArrayBuffer(0x2c + size));
      reply.setUint32(4, 0x2c + size, true);
      reply.setUint32(8, view.getUint32(8, true), true);
      reply.setUint32(0x14, 2507, true);
      reply.setUint32(0x24, general, true);
      reply.setUint32(0x28, words, true);
      new Uint8Array(reply.buffer).set(message.subarray(0x5c, 0x5c + size), 0x2c);
      reply.setUint32(0x2c + kernel.layout.pcOffset, 0x4444, true);
      t.is(kernel.sendReply(new Uint8Array(reply.buffer)), 0);
      t.true(there(thread.wait).ready());
      kernel.delivery.resume(thread);
      t.deepEqual(results, []);
      t.is(process.load(thread).get(pc), 0x1234_0000_4444);
      // A send-once right is used up.
      t.is(kernel.sendReply(new Uint8Array(reply.buffer)), 0x10000003);
    });
  });

  test(`${code}: the other behaviours`, (t) => {
    const offsets: [number, number, number, number][] = [
      // behaviour, id, size, offset of the first code
      [1 + MACH_EXCEPTION_CODES, 2405, 84, 0x44],
      [1, 2401, 76, 0x44],
      [2 + MACH_EXCEPTION_CODES, 2406, 0x40 + size, 0x28],
      [3, 2403, 0x54 + size, 0x44],
    ];
    for (const [behavior, id, length, codeAt] of offsets) {
      withKernel(code, (kernel, _process, thread) => {
        const port = there(kernel.ports.allocate(1));
        kernel.swapExceptionPorts(kernel.exceptionPorts(undefined), 1 << Exc.BadAccess, port, behavior, general);
        let unhandled = 0;
        kernel.raise(thread, { type: Exc.BadAccess, code: [1, 0x123] }, () => unhandled++);
        const message = there(kernel.ports.receive(port)).queue[0];
        const view = new DataView(message.buffer, message.byteOffset, message.length);
        t.is(view.getUint32(0x14, true), id);
        t.is(view.getUint32(4, true), length, String(id));
        t.is(view.getUint32(codeAt, true), 1);
        // A reply of the wrong id is a failure: the next level, here the UNIX layer.
        const reply = message.slice(0, 0x24);
        t.is(kernel.sendReply(reply), 0);
        kernel.delivery.resume(thread);
        t.is(unhandled, 1);
      });
    }
  });

  test(`${code}: thread states by flavor`, (t) => {
    withKernel(code, (kernel, process, thread) => {
      const name = kernel.ports.ofThread(thread);
      process.load(thread).set(process.abi.sp, 0x7000);
      const got = kernel.threadGetState(name, general, words);
      t.is(there(got.state).length, size);
      t.is(new DataView(there(got.state).buffer).getUint32(kernel.layout.spOffset, true), 0x7000);
      t.is(kernel.threadGetState(name, general, words - 1).result, Kern.InvalidArgument);
      t.is(kernel.threadGetState(name, 999, 1000).result, Kern.InvalidArgument);
      t.is(kernel.threadGetState(kernel.ports.task, general, words).result, Kern.InvalidArgument);
      const float = code === 'xca6ll' ? { flavor: 17, count: 132 } : { flavor: 5, count: 131 };
      const state = there(kernel.threadGetState(name, float.flavor, float.count).state);
      t.is(state.length, 4 * float.count);
      // The second vector register's first byte.
      const vector = code === 'xca6ll' ? 16 : 0xa8 + 16;
      state[vector] = 0x5a;
      t.is(kernel.threadSetState(name, float.flavor, state), Kern.Success);
      t.is(there(kernel.threadGetState(name, float.flavor, float.count).state)[vector], 0x5a);
      process.endThread(thread, 0n);
      t.is(kernel.threadGetState(name, general, words).result, Kern.Terminated);
    });
  });

  test(`${code}: _setjmp mangles the frame pointer, SP and return address with the token`, (t) => {
    withKernel(code, (_kernel, process, thread) => {
      const arm = code === 'xca6ll';
      process.space.map(0x200000000, 16384, Prot.RW);
      const registers = process.load(thread);
      registers.set(arm ? 20 : X86.r12, 0x1212);
      const jump = new MacJumpBuffer(process);
      // 148 bytes on x86-64, in whole words.
      t.is(jump.size, arm ? 192 : 152);
      registers.set(process.abi.pc, 0x3000);
      // Slot 7 of the thread-specific data, which begin 0xe0 bytes into struct pthread_s.
      posixThread(thread).identity = 0x200001000;
      process.supervisor.setU64(0x2000010e0 + 8 * 7, 0x1234deadbeefn);
      jump.store({ thread }, 0x200000000, 0x1000);
      const word = (at: number): bigint => process.supervisor.u64(0x200000000 + at);
      const mangled = (value: bigint): bigint => value ^ 0x1234deadbeefn;
      const places = arm ? { plain: 8, fp: 0x50, sp: 0x60, pc: 0x58 } : { plain: 0x18, fp: 8, sp: 0x10, pc: 0x38 };
      t.is(word(places.plain), 0x1212n);
      t.deepEqual([word(places.fp), word(places.sp), word(places.pc)], [mangled(0x1000n), mangled(0x200000000n), mangled(0x3000n)]);
      t.regex(jump.nameOf(places.fp) ?? '', arm ? /^fp/ : /^rbp/);
    });
  });
}
