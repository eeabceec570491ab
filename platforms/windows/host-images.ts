/**
 * The libraries whose functions are the host's, as images in the address space: a header, and committed executable pages
 * with a stub at each function's address, so that what a blocked thread's RIP or GetProcAddress's result names is what it is on
 * Windows (VirtualQuery: MEM_IMAGE, PAGE_EXECUTE_READ; GetModuleHandleEx; reading code). The pages can't be fetched from:
 * that is how a call is seen.
 */
import { Prot } from '../../emulator/engine.js';
import type { Gate, GateSection } from '../../emulator/process/gates.js';
import type { Core } from './core.js';
import { Mem, Page, PAGE_SIZE } from './memory-constants.js';

/** Bytes of address space for each library, the first page of which is its header. */
export const HOST_IMAGE = { bytes: 0x10000, header: PAGE_SIZE } as const;

const PE = 0x80;
const OPTIONAL = PE + 0x18;
const MACHINE = { 4: 0x14c, 8: 0x8664 } as const;
const MAGIC = { 4: 0x10b, 8: 0x20b } as const;
/** Of the optional header, with its 16 directories. */
const OPTIONAL_BYTES = { 4: 0xe0, 8: 0xf0 } as const;
const CODE_READ_EXECUTE = 0x60000020;

/** The headers of a DLL with one section of code and no directories (PE/COFF specification). */
function header(wordSize: 4 | 8, base: number): Uint8Array {
  const bytes = new Uint8Array(0x400);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x5a4d, true);
  view.setUint32(0x3c, PE, true);
  view.setUint32(PE, 0x4550, true);
  view.setUint16(PE + 4, MACHINE[wordSize], true);
  view.setUint16(PE + 6, 1, true);
  view.setUint16(PE + 0x14, OPTIONAL_BYTES[wordSize], true);
  view.setUint16(PE + 0x16, 0x2022, true);
  view.setUint16(OPTIONAL, MAGIC[wordSize], true);
  view.setUint32(OPTIONAL + 4, HOST_IMAGE.bytes - HOST_IMAGE.header, true);
  view.setUint32(OPTIONAL + 0x14, HOST_IMAGE.header, true);
  if (wordSize === 8) view.setBigUint64(OPTIONAL + 0x18, BigInt(base), true);
  else view.setUint32(OPTIONAL + 0x1c, base, true);
  view.setUint32(OPTIONAL + 0x20, PAGE_SIZE, true);
  view.setUint32(OPTIONAL + 0x24, 0x200, true);
  view.setUint16(OPTIONAL + 0x28, 10, true);
  view.setUint16(OPTIONAL + 0x30, 10, true);
  view.setUint32(OPTIONAL + 0x38, HOST_IMAGE.bytes, true);
  view.setUint32(OPTIONAL + 0x3c, bytes.length, true);
  view.setUint16(OPTIONAL + 0x44, 3, true);
  view.setUint32(OPTIONAL + OPTIONAL_BYTES[wordSize] - 0x84, 16, true);
  const section = OPTIONAL + OPTIONAL_BYTES[wordSize];
  bytes.set(new TextEncoder().encode('.text'), section);
  view.setUint32(section + 8, HOST_IMAGE.bytes - HOST_IMAGE.header, true);
  view.setUint32(section + 0xc, HOST_IMAGE.header, true);
  view.setUint32(section + 0x24, CODE_READ_EXECUTE, true);
  return bytes;
}

/** What stands at a function's address: a system service's stub with this number. */
function stub(wordSize: 4 | 8, number: number): Uint8Array {
  const low = number & 0xff;
  const high = number >> 8;
  return wordSize === 8
    ? Uint8Array.of(0x4c, 0x8b, 0xd1, 0xb8, low, high, 0, 0, 0x0f, 0x05, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc)
    : Uint8Array.of(0xb8, low, high, 0, 0, 0xcd, 0x2e, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc);
}

export function showHostImages({ process, memory, vm, layout }: Pick<Core, 'process' | 'memory' | 'vm' | 'layout'>): void {
  process.gates.watch({
    opened({ library, base, size }: GateSection) {
      process.space.map(base, size, Prot.Read, { name: library, tag: { image: true } });
      const states = vm.addMapped(base, size, Mem.IMAGE, Page.EXECUTE_WRITECOPY);
      states.fill(0, HOST_IMAGE.header / PAGE_SIZE, Page.READONLY);
      states.fill(HOST_IMAGE.header / PAGE_SIZE, size / PAGE_SIZE, Page.EXECUTE_READ);
      memory.write(base, header(layout.wordSize, base));
    },
    defined({ address }: Gate) {
      memory.write(address, stub(layout.wordSize, Math.floor((address % HOST_IMAGE.bytes) / 16)));
    },
  });
}
