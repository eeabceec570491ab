/** Page protection of an image's section, from what its segment allows. */
import { Access } from '../../emulator/engine.js';
import { Page } from './memory-constants.js';

export function pageStateOf(prot: number): number {
  const write = (prot & Access.Write) !== 0;
  if (prot & Access.Fetch) return write ? Page.EXECUTE_READWRITE : Page.EXECUTE_READ;
  if (write) return Page.READWRITE;
  return prot & Access.Read ? Page.READONLY : Page.NOACCESS;
}
