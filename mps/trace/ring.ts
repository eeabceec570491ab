/** A ring: doubly linked list with a sentinel. For rings whose order of insertion at the front matters (grey rings). */
export class RingNode<T> {
  next: RingNode<T> = this;
  prev: RingNode<T> = this;
  constructor(readonly owner: T | undefined) {}

  get isSingle(): boolean {
    return this.next === this;
  }
  /** Put this node right after `ring` (at the front). */
  insertAfter(ring: RingNode<T>): void {
    this.prev = ring;
    this.next = ring.next;
    ring.next.prev = this;
    ring.next = this;
  }
  remove(): void {
    this.prev.next = this.next;
    this.next.prev = this.prev;
    this.next = this.prev = this;
  }
}

export class Ring<T> {
  private readonly sentinel = new RingNode<T>(undefined);
  get first(): T | undefined {
    return this.sentinel.next.owner;
  }
  get isEmpty(): boolean {
    return this.sentinel.isSingle;
  }
  insert(node: RingNode<T>): void {
    node.insertAfter(this.sentinel);
  }
  *[Symbol.iterator](): Generator<T> {
    let node = this.sentinel.next;
    while (node !== this.sentinel) {
      const next = node.next;
      yield node.owner as T;
      node = next;
    }
  }
}
