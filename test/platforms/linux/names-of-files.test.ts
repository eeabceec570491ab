/** Files and directories by their names on Linux: what is made, removed and renamed in a granted directory, as natively. */
import { asNatively } from './granted-directory.js';

asNatively('names-of-files.c', 'names are made, moved and removed as natively', ['lii6gc', 'lii3gc', 'lia6gc', 'lii6ll', 'lia6ll'], 37);
