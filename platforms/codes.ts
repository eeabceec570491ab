/**
 * The thirteen platforms of the MPS (OS, CPU, compiler), as data.
 * Source: the MPS manual's platform table; ABI facts from the psABIs.
 */
import type { Abi } from '../emulator/abi/abi.js';
import type { CpuName } from '../emulator/engine.js';

export type OsName = 'windows' | 'linux' | 'freebsd' | 'macos';
export type CompilerName = 'gcc' | 'clang' | 'msvc';

export interface Platform {
  code: string;
  os: OsName;
  cpu: CpuName;
  compiler: CompilerName;
  abi: Abi['name'];
  wordSize: 4 | 8;
  /** Size of long. */
  longSize: 4 | 8;
  /** Alignment of a double within a structure. */
  doubleAlign: 4 | 8;
  pageSize: number;
  /** MPS_PF_ALIGN */
  mpsAlign: number;
  redZone: number;
  /** Can address space be asked for from the top down (VirtualAlloc's MEM_TOP_DOWN)? */
  topDown: boolean;
  /** Are hardware faults structured exceptions, which a client's filter can see? */
  structuredExceptions: boolean;
  /** How the names of programs end. */
  programSuffix: '' | '.exe';
  suspension: string;
  /** What a suspended thread's context, as the MPS scans it, holds. */
  contextHolds: string;
}

const posixSuspension = 'signal SIGXFSZ, frame on the thread’s own stack';
const posix = { topDown: false, structuredExceptions: false, programSuffix: '' } as const;
const linux = { ...posix, os: 'linux', pageSize: 4096, suspension: posixSuspension } as const;
const freebsd = { ...posix, os: 'freebsd', pageSize: 4096, suspension: posixSuspension } as const;
const windows = {
  os: 'windows',
  pageSize: 4096,
  suspension: 'SuspendThread, GetThreadContext',
  compiler: 'msvc',
  redZone: 0,
  longSize: 4,
  doubleAlign: 8,
  topDown: true,
  structuredExceptions: true,
  programSuffix: '.exe',
} as const;
const macos = {
  ...posix,
  os: 'macos',
  suspension: 'thread_suspend, thread_get_state',
  compiler: 'clang',
  redZone: 128,
  mpsAlign: 8,
} as const;
const ia32 = { cpu: 'ia32', wordSize: 4, longSize: 4, doubleAlign: 4 } as const;
const x64 = { cpu: 'x86-64', wordSize: 8, longSize: 8, doubleAlign: 8 } as const;
const a64 = { cpu: 'arm64', wordSize: 8, longSize: 8, doubleAlign: 8 } as const;

function rows(): Platform[] {
  const l32 = {
    ...linux,
    ...ia32,
    abi: 'sysv-i386',
    mpsAlign: 4,
    redZone: 0,
    contextHolds: 'mcontext_t, 88 bytes: general registers',
  } as const;
  const l64 = {
    ...linux,
    ...x64,
    abi: 'sysv-x86-64',
    mpsAlign: 8,
    redZone: 128,
    contextHolds: 'mcontext_t, 256 bytes: general registers',
  } as const;
  const la = {
    ...linux,
    ...a64,
    abi: 'aapcs64',
    mpsAlign: 8,
    redZone: 0,
    contextHolds: 'mcontext_t, 4384 bytes: general registers, v0-v31',
  } as const;
  const f32 = {
    ...freebsd,
    ...ia32,
    abi: 'freebsd-i386',
    mpsAlign: 4,
    redZone: 0,
    contextHolds: 'mcontext_t, 640 bytes: general registers, x87, xmm',
  } as const;
  const f64 = {
    ...freebsd,
    ...x64,
    abi: 'sysv-x86-64',
    mpsAlign: 8,
    redZone: 128,
    contextHolds: 'mcontext_t, 800 bytes: general registers, x87, xmm',
  } as const;
  return [
    { code: 'w3i3mv', ...ia32, ...windows, abi: 'cdecl', mpsAlign: 8, contextHolds: 'CONTEXT, 716 bytes: CONTROL and INTEGER filled' },
    { code: 'w3i6mv', ...x64, ...windows, abi: 'win64', mpsAlign: 16, contextHolds: 'CONTEXT, 1232 bytes: CONTROL and INTEGER filled' },
    { code: 'lii3gc', ...l32, compiler: 'gcc' },
    { code: 'lii6gc', ...l64, compiler: 'gcc' },
    { code: 'lii6ll', ...l64, compiler: 'clang' },
    { code: 'lia6gc', ...la, compiler: 'gcc' },
    { code: 'lia6ll', ...la, compiler: 'clang' },
    { code: 'fri3gc', ...f32, compiler: 'gcc' },
    { code: 'fri3ll', ...f32, compiler: 'clang' },
    { code: 'fri6gc', ...f64, compiler: 'gcc' },
    { code: 'fri6ll', ...f64, compiler: 'clang' },
    {
      code: 'xci6ll',
      ...macos,
      ...x64,
      abi: 'sysv-x86-64',
      pageSize: 4096,
      contextHolds: 'x86_thread_state64, 168 bytes: general registers',
    },
    {
      code: 'xca6ll',
      ...macos,
      ...a64,
      abi: 'apple-arm64',
      pageSize: 16384,
      contextHolds: 'arm_thread_state64, 272 bytes: general registers',
    },
  ];
}

export const platforms: readonly Platform[] = rows();

export function platform(code: string): Platform | undefined {
  return platforms.find((p) => p.code === code);
}
