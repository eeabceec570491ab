/** Objects that can have a name, which they lose with their last handle: made or found (Create…, Create…Ex), or only found (Open…). */
import type { HostCall } from '../../emulator/process/host-call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { rightsFor } from './object-rights.js';
import type { KernelObject } from './objects.js';

interface Needs extends Pick<Core, 'layout'> {
  readonly lastError: LastError;
  readonly handles: HandleTable;
}

interface Wanted {
  kind: string;
  access: number;
  /** Address of the name, and whether it is of 16-bit characters. */
  name: number;
  wide: boolean;
}

const LONGEST_NAME = 260;
/** The session's own names, which are the ones without a prefix too; those of all sessions. */
const SPACES = /^(Local\\|Global\\)?([^\\]*)$/;

export function readName(call: HostCall, address: number, wide: boolean): string | undefined {
  if (address === 0) return undefined;
  if (!wide) return call.memory.cString(address);
  let text = '';
  for (let unit = call.memory.u16(address); unit !== 0; unit = call.memory.u16(address + 2 * text.length))
    text += String.fromCharCode(unit);
  return text;
}

/** Does a SECURITY_ATTRIBUTES say that the handle is inherited? */
export function inheritable(call: HostCall, security: number, wordSize: number): boolean {
  return security !== 0 && call.memory.u32(security + 2 * wordSize) !== 0;
}

/** A name as it is kept; a number is the error of one that can't be. Undefined: none is given. */
export function nameOf(call: HostCall, address: number, wide: boolean): string | number | undefined {
  const text = readName(call, address, wide);
  if (text === undefined || text === '') return undefined;
  if (!wide && text.length > LONGEST_NAME) return ErrorCode.FILENAME_EXCED_RANGE;
  const [, space, name] = SPACES.exec(text) ?? [];
  if (name === undefined) return ErrorCode.PATH_NOT_FOUND;
  return space === 'Global\\' ? `Global\\${name}` : name;
}

export class NamedObjects {
  constructor(private readonly os: Needs) {}

  private failed(call: HostCall, error: number): 0 {
    this.os.lastError.set(call.thread, error);
    return 0;
  }

  /** The handle of a new object, or of the one that has the name. */
  create(call: HostCall, wanted: Wanted & { security: number; make: () => KernelObject }): number {
    const { handles, lastError, layout } = this.os;
    const { named } = handles;
    const key = nameOf(call, wanted.name, wanted.wide);
    if (typeof key === 'number') return this.failed(call, key);
    const inherit = inheritable(call, wanted.security, layout.wordSize);
    const existing = key === undefined ? undefined : named.get(key);
    if (existing && existing.kind !== wanted.kind) return this.failed(call, ErrorCode.INVALID_HANDLE);
    const object = existing ?? wanted.make();
    if (!existing && key !== undefined) {
      const { closed } = object;
      object.name = key;
      object.closed = () => {
        if (object.handles === 0) named.delete(key);
        closed?.call(object);
      };
      named.set(key, object);
    }
    lastError.set(call.thread, existing ? ErrorCode.ALREADY_EXISTS : ErrorCode.SUCCESS);
    return handles.open(object, rightsFor(object, wanted.access), inherit);
  }

  open(call: HostCall, wanted: Wanted & { inherit: number }): number {
    const { handles } = this.os;
    const key = nameOf(call, wanted.name, wanted.wide);
    if (key === undefined) return this.failed(call, wanted.name === 0 ? ErrorCode.INVALID_PARAMETER : ErrorCode.INVALID_NAME);
    if (typeof key === 'number') return this.failed(call, key);
    const object = handles.named.get(key);
    if (!object) return this.failed(call, ErrorCode.FILE_NOT_FOUND);
    if (object.kind !== wanted.kind) return this.failed(call, ErrorCode.INVALID_HANDLE);
    return handles.open(object, rightsFor(object, wanted.access), wanted.inherit !== 0);
  }
}
