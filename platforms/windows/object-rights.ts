/** Access rights of events, mutexes, semaphores, timers and threads (winnt.h), and what the generic ones stand for with each kind. */
import { FileObject, fileRights } from './file-objects.js';
import type { KernelObject } from './objects.js';

export const SYNCHRONIZE = 0x100000;
export const MODIFY_STATE = 2;

const MAXIMUM_ALLOWED = 0x2000000;
const READ = 0x80000000;
const WRITE = 0x40000000;
const EXECUTE = 0x20000000;
const ALL = 0x10000000;
const GENERIC = READ | WRITE | EXECUTE | ALL | MAXIMUM_ALLOWED;

/** Read, write, execute, all. */
const MAPPINGS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  event: [0x20001, 0x20002, 0x120000, 0x1f0003],
  mutex: [0x20001, 0x20000, 0x120000, 0x1f0001],
  semaphore: [0x20001, 0x20002, 0x120000, 0x1f0003],
  timer: [0x20001, 0x20002, 0x120000, 0x1f0003],
  thread: [0x20048, 0x20437, 0x121800, 0x1fffff],
  section: [0x20005, 0x20002, 0x20008, 0xf001f],
};
const ANY = [0x1fffff, 0x1fffff, 0x1fffff, 0x1fffff] as const;

const mappingOf = (kind: string): readonly [number, number, number, number] => MAPPINGS[kind] ?? ANY;

export function allRights(kind: string): number {
  return mappingOf(kind)[3];
}

/** The rights that somebody has who asks for `access` to it. */
export function rightsFor(object: KernelObject, access: number): number {
  if (object instanceof FileObject) return fileRights(access);
  const [read, write, execute, all] = mappingOf(object.kind);
  let rights = access & ~GENERIC;
  if (access & READ) rights |= read;
  if (access & WRITE) rights |= write;
  if (access & EXECUTE) rights |= execute;
  if (access & (ALL | MAXIMUM_ALLOWED)) rights |= all;
  return rights;
}
