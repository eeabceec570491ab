/** Bytes of Mach messages, used again: arrays of the few lengths that exceptions have are dear to make and to collect. */
export class MessagePool {
  private readonly free = new Map<number, Uint8Array[]>();

  /** `length` bytes of whatever. */
  take(length: number): Uint8Array {
    return this.free.get(length)?.pop() ?? new Uint8Array(length);
  }

  /** Nobody looks at `message` any more. */
  give(message: Uint8Array): void {
    const same = this.free.get(message.length);
    if (same) same.push(message);
    else this.free.set(message.length, [message]);
  }
}
