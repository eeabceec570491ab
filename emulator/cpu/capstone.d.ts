/** The part of @alexaltea/capstone-js that is used: the package brings no types. */
declare module '@alexaltea/capstone-js' {
  export interface CapstoneInstruction {
    id: number;
    address: bigint;
    size: number;
    bytes: number[];
    mnemonic: string;
    op_str: string;
  }

  export interface Capstone {
    disasm(bytes: Uint8Array | number[], address: number | bigint, count?: number): CapstoneInstruction[];
    close(): void;
  }

  export interface CapstoneModule {
    Capstone: new (arch: number, mode: number) => Capstone;
    ARCH_X86: number;
    ARCH_ARM64: number;
    MODE_32: number;
    MODE_64: number;
    MODE_LITTLE_ENDIAN: number;
  }

  export default function MCapstone(): Promise<CapstoneModule>;
}
