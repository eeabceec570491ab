/** Permissions of files in a granted directory: those that the program gives, under its mask, as natively. */
import { asNatively } from './granted-directory.js';

asNatively('file-modes.c', 'modes are what the program gives, as natively', ['lii6gc', 'lii3gc', 'lia6gc'], 18);
