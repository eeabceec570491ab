/** A program on Linux sees argc, argv, envp, the auxiliary vector, and can say hello. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from '../posix/guest.js';

const codes = ['lii6gc', 'lii3gc', 'lia6gc'];

for (const code of codes) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: start block and hello`, (t) => {
    const guest = bootGuest(
      code,
      `int main(int argc, char **argv, char **envp) {
         word *aux = (word *)envp; while (*aux) aux++; aux++;
         out("hello "); out(argv[1]); out(" "); out(envp[0]);
         for (; aux[0]; aux += 2) { if (aux[0] == 6) { out(" page "); hex(aux[1]); } if (aux[0] == 31) { out(" "); out((char *)aux[1]); } }
         return argc;
       }`,
      { argv: ['guest', 'world'], env: ['A=1'] },
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 2 });
    t.is(guest.output(), 'hello world A=1 page 1000 guest');
  });
}
