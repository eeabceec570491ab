/** --dir HOST[:GUEST]: directories of the host that the guest may use. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GrantedDirectory } from '../platforms/os.js';
import { CommandError, ExitCode, usageError } from './exit-status.js';

export function grantedDirectory(text: string): GrantedDirectory {
  const colon = text.indexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  const guest = colon < 0 ? text : text.slice(colon + 1);
  if (host === '' || guest === '') throw usageError(`run: --dir wants HOST or HOST:GUEST, not '${text}'`);
  try {
    if (!statSync(host).isDirectory()) throw usageError(`run: --dir ${host} is not a directory`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(ExitCode.NotFound, `run: the directory '${host}' of --dir does not exist`);
  }
  return { host: resolve(host), guest };
}
