/** '0xffff800000001234': an address as people read it. A number below zero stands for one of the upper half of 64 bits. */
export const hexAddress = (address: number | bigint): string =>
  `0x${(address < 0 ? BigInt.asUintN(64, BigInt(address)) : address).toString(16)}`;
