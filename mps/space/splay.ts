/**
 * Splay trees of address ranges. A node also keeps a property of its subtree (largest
 * range, zones met), by which searches are guided. Splaying a node to the root recomputes
 * the properties on its path, so a change to a node is: splay it, change it, update it.
 */
export class RangeNode {
  left: RangeNode | undefined;
  right: RangeNode | undefined;
  parent: RangeNode | undefined;
  /** Largest range in the subtree. */
  maxSize: number;
  /** Zones that the subtree's ranges meet (halves of a word). */
  zonesLo = 0;
  zonesHi = 0;

  constructor(
    public base: number,
    public limit: number,
    /** The block of guest memory that stands for this node. */
    readonly block: number,
  ) {
    this.maxSize = limit - base;
  }
  get size(): number {
    return this.limit - this.base;
  }
}

export class SplayTree {
  root: RangeNode | undefined;

  /** `update` recomputes a node's subtree properties from its own range and its children. */
  constructor(private readonly update: (node: RangeNode) => void) {}

  /** Lift x over its parent. */
  private rotate(x: RangeNode): void {
    const p = x.parent;
    if (!p) return;
    const g = p.parent;
    if (p.left === x) {
      p.left = x.right;
      if (x.right) x.right.parent = p;
      x.right = p;
    } else {
      p.right = x.left;
      if (x.left) x.left.parent = p;
      x.left = p;
    }
    p.parent = x;
    x.parent = g;
    if (!g) this.root = x;
    else if (g.left === p) g.left = x;
    else g.right = x;
    this.update(p);
  }

  splay(x: RangeNode): void {
    while (x.parent) {
      const p = x.parent;
      const g = p.parent;
      if (g) this.rotate((g.left === p) === (p.left === x) ? p : x);
      this.rotate(x);
    }
    this.update(x);
  }

  insert(node: RangeNode): void {
    node.left = node.right = node.parent = undefined;
    let at = this.root;
    if (!at) {
      this.root = node;
      this.update(node);
      return;
    }
    for (;;) {
      const next: RangeNode | undefined = node.base < at.base ? at.left : at.right;
      if (!next) break;
      at = next;
    }
    if (node.base < at.base) at.left = node;
    else at.right = node;
    node.parent = at;
    this.splay(node);
  }

  delete(node: RangeNode): void {
    this.splay(node);
    const { left, right } = node;
    if (left) left.parent = undefined;
    if (right) right.parent = undefined;
    this.root = left ?? right;
    if (left && right) {
      let max = left;
      while (max.right) max = max.right;
      this.splay(max);
      max.right = right;
      right.parent = max;
      this.update(max);
    }
    node.left = node.right = undefined;
  }

  /** The node with the greatest base at most `address`, splayed to the root. */
  floor(address: number): RangeNode | undefined {
    let at = this.root;
    let best: RangeNode | undefined;
    let last: RangeNode | undefined;
    while (at) {
      last = at;
      if (at.base <= address) {
        best = at;
        at = at.right;
      } else at = at.left;
    }
    const touched = best ?? last;
    if (touched) this.splay(touched);
    return best;
  }

  next(node: RangeNode): RangeNode | undefined {
    if (node.right) {
      let at = node.right;
      while (at.left) at = at.left;
      return at;
    }
    let at = node;
    while (at.parent && at.parent.right === at) at = at.parent;
    return at.parent;
  }

  first(): RangeNode | undefined {
    let at = this.root;
    while (at?.left) at = at.left;
    return at;
  }
}
