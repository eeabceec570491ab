/** --dir HOST[:GUEST]: directories of the host that the guest may use. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GrantedDirectory } from '../platforms/os.js';
import { CommandError, ExitCode, usageError } from './exit-status.js';

/** Of all options; each has a name of its own for the guest. */
export function grantedDirectories(texts: string[]): GrantedDirectory[] {
  const granted = texts.map(grantedDirectory);
  const seen = new Map<string, string>();
  granted.forEach(({ guest }, i) => {
    const name = guest.replace(/(.)[/\\]+$/, '$1');
    const other = seen.get(name);
    if (other !== undefined) throw usageError(`run: --dir '${texts[i]}' has the guest's name of --dir '${other}'`);
    seen.set(name, texts[i]);
  });
  return granted;
}

function grantedDirectory(text: string): GrantedDirectory {
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
