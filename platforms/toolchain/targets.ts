/** How each platform's compiler family is called, as data: compiler, target flags, linker. */
import type { Platform } from '../codes.js';

export interface Target {
  compiler: string;
  /** Flags of every compilation. */
  flags: string[];
  /** `gcc -print-file-name=include` must be added after our headers. */
  gcc: boolean;
  /** ELF: emulation for ld.lld, dynamic linker, extra link flags. */
  emulation?: string;
  interpreter?: string;
  pie: boolean;
  machine?: 'i386' | 'i386:x86-64';
  arch?: 'x86_64' | 'arm64';
}

const common = ['-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-fno-exceptions', '-fno-ident'];
/** x86-64 Windows has no exceptions without unwind tables, so no function is without them there. */
const windowsTables = common
  .map((flag) => flag.replace('-fno-asynchronous-unwind-tables', '-fasynchronous-unwind-tables'))
  .filter((flag) => flag !== '-fno-unwind-tables');
/** The Linux gcc of that CPU made FreeBSD's: predefined macros, and its ABI where it differs. */
const asFreebsd = [
  '-U__linux__',
  '-U__linux',
  '-Ulinux',
  '-U__gnu_linux__',
  '-U__unix__',
  '-D__unix__=1',
  '-D__FreeBSD__=13',
  '-D__ELF__=1',
  // The canary is a variable of the C library there; Linux's place would be a word of FreeBSD's thread control block.
  '-mstack-protector-guard=global',
];

export function targetOf(p: Platform): Target {
  const gccName = p.cpu === 'x86-64' ? 'gcc' : p.cpu === 'ia32' ? 'i686-linux-gnu-gcc' : 'aarch64-linux-gnu-gcc';
  const arm = p.cpu === 'arm64' ? ['-mno-outline-atomics'] : [];
  const x86 = p.cpu === 'arm64' ? [] : ['-fcf-protection=none'];
  const short = { ia32: 'i386', 'x86-64': 'x86_64', arm64: 'aarch64' }[p.cpu];
  switch (p.os) {
    case 'windows':
      return {
        compiler: 'clang',
        flags: [
          `--target=${p.cpu === 'ia32' ? 'i686' : 'x86_64'}-pc-windows-msvc`,
          ...(p.cpu === 'ia32' ? common : windowsTables),
          '-nostdlibinc',
          '-mno-incremental-linker-compatible',
        ],
        gcc: false,
        pie: false,
        machine: p.cpu === 'ia32' ? 'i386' : 'i386:x86-64',
      };
    case 'macos':
      return {
        compiler: 'clang',
        flags: [`--target=${p.cpu === 'arm64' ? 'arm64' : 'x86_64'}-apple-macos11`, ...common, '-nostdlibinc'],
        gcc: false,
        pie: true,
        arch: p.cpu === 'arm64' ? 'arm64' : 'x86_64',
      };
    default: {
      const freebsd = p.os === 'freebsd';
      const emulation = p.cpu === 'arm64' ? 'aarch64linux' : `elf_${short}${freebsd ? '_fbsd' : ''}`;
      const interpreter = freebsd
        ? '/libexec/ld-elf.so.1'
        : { ia32: '/lib/ld-linux.so.2', 'x86-64': '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }[p.cpu];
      // FreeBSD's programs are linked at fixed addresses, Linux's are position-independent: each the system's habit.
      const pie = !freebsd;
      const position = pie ? '-fPIE' : p.compiler === 'gcc' ? '-fno-pie' : '-fno-pie';
      if (p.compiler === 'gcc') {
        const os = freebsd ? [...asFreebsd, ...(p.cpu === 'ia32' ? ['-freg-struct-return'] : [])] : [];
        return { compiler: gccName, flags: [...common, ...arm, ...x86, ...os, position], gcc: true, emulation, interpreter, pie };
      }
      const triple = freebsd ? `${p.cpu === 'ia32' ? 'i686' : short}-unknown-freebsd13` : `${short}-linux-gnu`;
      return {
        compiler: 'clang',
        flags: [`--target=${triple}`, ...common, ...arm, ...x86, '-nostdlibinc', position],
        gcc: false,
        emulation,
        interpreter,
        pie,
      };
    }
  }
}
