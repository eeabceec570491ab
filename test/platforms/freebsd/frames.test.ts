/** FreeBSD's signal frames as a guest finds them: every field at the offset that the system's headers give it. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from '../posix/guest.js';

needing(missingGuest('fri6gc'))('fri6gc: the frame of FreeBSD on x86-64', (t) => {
  const guest = bootGuest('fri6gc', 'freebsd/guests/frame-x86-64.c');
  t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  const common = (onstack: string): string[] => [
    'mask 0',
    `onstack 0`,
    'len 320',
    'fpformat 10002',
    'flags 5',
    `ss_flags ${onstack}`,
    'cs 43',
    'ss 3b',
    'segments 1b0013',
  ];
  const lines = guest.output().trimEnd().split('\n');
  const at = (name: string): number => lines.indexOf(name);
  const [one, two, three] = [lines.slice(at('step 1'), at('step 2')), lines.slice(at('step 2'), at('step 3')), lines.slice(at('step 3'))];
  t.deepEqual(one.slice(0, 9), [
    'step 1',
    'signo b',
    'align 8',
    'uc 18',
    'cw 37f',
    'info 388',
    'handler field 1',
    'si_signo b',
    'si_code 2',
  ]);
  t.deepEqual(one.slice(9, 18), common('4'));
  // The extended area lies above the frame at the next multiple of 64.
  t.regex(one[18], /^xfpu inside [0-9a-f]{1,2}$/);
  t.deepEqual(one.slice(19, 26), ['xfpu length 40', 'si_addr 5', 'si_trapno c', 'address argument 5', 'trapno c', 'err 6', 'addr 5']);
  t.deepEqual(
    one.slice(26, 41),
    // rdi rsi rdx rcx r8 r9 rax rbx rbp r10 r11 r12 r13 r14 r15
    ['99', '9a', 'bb', 'cc', '11', '22', 'dd', 'aa', 'ee', '5', '44', '55', '66', '77', '88'].map(
      (v, i) => `${i === 9 ? 'r10' : 'register'} ${v}`,
    ),
  );
  t.deepEqual(one.slice(41), ['rsp 0', 'rflags 10206', 'xmm3 abcdef', 'saved cw 37f', 'fsbase 1', 'rbx after 5678']);
  t.deepEqual(two.slice(0, 9), [
    'step 2',
    'signo 1e',
    'align 8',
    'uc 18',
    'cw 37f',
    'info 388',
    'handler field 1',
    'si_signo 1e',
    'si_code 10007',
  ]);
  t.deepEqual(two.slice(9, 18), common('0'));
  t.deepEqual(two.slice(-2), ['si_pid 1', 'on alt 1']);
  t.deepEqual(three, ['step 3', 'signo 1e', 'align 8', 'uc 18', 'cw 37f', 'code argument 10007']);
});

needing(missingGuest('fri3gc'))('fri3gc: the frame of FreeBSD on IA-32', (t) => {
  const guest = bootGuest('fri3gc', 'freebsd/guests/frame-ia32.c');
  t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  const segments = ['cs 33', 'ss 3b', 'gs 1b', 'fs 3b', 'es 3b', 'ds 3b', 'xfpu length 40'];
  t.deepEqual(guest.output().trimEnd().split('\n'), [
    ...[
      'step 1',
      'signo b',
      'align c',
      'uc 24',
      'cw 127f',
      'info 2e4',
      'handler field 1',
      'si_signo b',
      'si_code 2',
      'len 280',
      'fpformat 10002',
      'flags 4',
    ],
    ...['ss_flags 4', ...segments, 'si_addr 5', 'si_trapno c', 'address argument 5', 'trapno c', 'err 6'],
    ...['edi 99', 'esi 9a', 'ebp ee', 'ebx aa', 'edx bb', 'ecx cc', 'eax 5', 'xmm3 abcdef', 'saved cw 127f', 'gsbase 1', 'esi after 5678'],
    ...[
      'step 2',
      'signo 1e',
      'align c',
      'uc 24',
      'cw 127f',
      'info 2e4',
      'handler field 1',
      'si_signo 1e',
      'si_code 10007',
      'len 280',
      'fpformat 10002',
      'flags 4',
    ],
    ...['ss_flags 0', ...segments, 'si_pid 1', 'on alt 1'],
    ...['step 3', 'signo 1e', 'align c', 'uc 24', 'cw 127f', 'code argument 10007', 'gs works 1'],
  ]);
});
