/** System calls made by instruction: results, errors, handlers installed with a restorer of the guest's own. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from '../posix/guest.js';

for (const code of ['lii6gc', 'lii3gc', 'lia6gc']) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: system calls by instruction`, (t) => {
    const guest = bootGuest(code, 'linux/guests/system-calls.c');
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    const [ENOSYS, EBADF, EFAULT, EINVAL, ESRCH] = [38, 9, 14, 22, 3].map((n) => `-${n.toString(16)}`);
    t.is(guest.output().trim(), [ENOSYS, 1, EBADF, EFAULT, 9, 0, EINVAL, 0, EINVAL, EINVAL, 0, (110).toString(16), 1, ESRCH, 0].join(' '));
  });
}
