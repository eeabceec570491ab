/** A program on Linux sees argc, argv, envp, the auxiliary vector, and can say hello. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from '../posix/guest.js';

const codes = ['lii6gc', 'lii3gc', 'lia6gc'];

for (const code of codes) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: start block and hello`, (t) => {
    const guest = bootGuest(code, 'linux/guests/start.c', { argv: ['guest', 'world'], env: ['A=1'] });
    t.deepEqual(guest.run(), { kind: 'exit', code: 2 });
    t.is(guest.output(), 'hello world A=1 page 1000 guest');
  });
}
