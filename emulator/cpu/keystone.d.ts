/** The part of @alexaltea/keystone-js that is used: the package brings no types. */
declare module '@alexaltea/keystone-js' {
  export interface Keystone {
    asm(text: string, address?: number): { mc: Uint8Array; count: number; failed: boolean };
    errno(): number;
    option(type: number, value: number): void;
    close(): void;
  }

  export interface KeystoneModule {
    Keystone: new (arch: number, mode: number) => Keystone;
    strerror(code: number): string;
    ARCH_X86: number;
    ARCH_ARM64: number;
    MODE_32: number;
    MODE_64: number;
    MODE_LITTLE_ENDIAN: number;
    OPT_SYNTAX: number;
    OPT_SYNTAX_INTEL: number;
  }

  export default function MKeystone(): Promise<KeystoneModule>;
}
