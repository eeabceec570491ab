/** The VirtualAlloc state machine against a model that keeps one record a page and nothing else. */
import test from 'ava';
import fc from 'fast-check';
import { ErrorCode } from '../../../platforms/windows/error-codes.js';
import { Mem, Page } from '../../../platforms/windows/memory-constants.js';
import { canGrow, createStack, growStack } from '../../../platforms/windows/stacks.js';
import type { Pages } from '../../../platforms/windows/page-access.js';
import { VirtualMemory } from '../../../platforms/windows/virtual-memory.js';
import { there } from '../../there.js';

const PAGE = 0x1000;
const UNIT = 0x10000;
const LOWEST = 0x10000;
const HIGHEST = 0x1fffff;

/** What the engine would have: access by page. */
class FakePages implements Pages {
  readonly access = new Map<number, number>();
  reserve(): void {}
  copy(): void {}
  commit(base: number, size: number, access: number): void {
    for (let p = base; p < base + size; p += PAGE) {
      if (this.access.has(p)) throw new Error('committed twice');
      this.access.set(p, access);
    }
  }
  protect(base: number, size: number, access: number): void {
    for (let p = base; p < base + size; p += PAGE) {
      if (!this.access.has(p)) throw new Error('protected without being committed');
      this.access.set(p, access);
    }
  }
  decommit(base: number, size: number): void {
    for (let p = base; p < base + size; p += PAGE) if (!this.access.delete(p)) throw new Error('decommitted without being committed');
  }
  release(): void {}
}

function fresh(): { vm: VirtualMemory; pages: FakePages } {
  const pages = new FakePages();
  return { vm: new VirtualMemory(pages, LOWEST, HIGHEST, 0x100000000), pages };
}

test('a reservation begins on 64 KiB and ends on a page', (t) => {
  const { vm } = fresh();
  t.is(vm.allocate(0x2f123, 1, Mem.RESERVE, Page.NOACCESS), 0x20000);
  t.deepEqual(vm.query(0x20000), {
    baseAddress: 0x20000,
    allocationBase: 0x20000,
    allocationProtect: Page.NOACCESS,
    regionSize: 0x10000,
    state: Mem.RESERVE,
    protect: 0,
    type: Mem.PRIVATE,
  });
});

test('the tail of the last 64 KiB is unusable by others', (t) => {
  const { vm } = fresh();
  const first = vm.allocate(0, PAGE, Mem.RESERVE, Page.READWRITE);
  t.is(first, LOWEST);
  t.is(vm.allocate(0, PAGE, Mem.RESERVE, Page.READWRITE), LOWEST + UNIT);
  t.is(vm.allocate(first + PAGE, PAGE, Mem.RESERVE, Page.READWRITE), 0);
  t.is(vm.error, ErrorCode.INVALID_ADDRESS);
  t.is(there(vm.query(first + PAGE)).state, Mem.FREE);
});

test('MEM_TOP_DOWN takes the highest place', (t) => {
  const { vm } = fresh();
  t.is(vm.allocate(0, 3 * PAGE, Mem.RESERVE | Mem.TOP_DOWN, Page.READWRITE), 0x1f0000);
  t.is(vm.allocate(0, UNIT + PAGE, Mem.RESERVE | Mem.TOP_DOWN, Page.READWRITE), 0x1d0000);
});

const cases: [string, (vm: VirtualMemory, base: number) => unknown, number][] = [
  ['size 0', (vm) => vm.allocate(0, 0, Mem.RESERVE, Page.READWRITE), ErrorCode.INVALID_PARAMETER],
  ['protection 0', (vm) => vm.allocate(0, PAGE, Mem.RESERVE, 0), ErrorCode.INVALID_PARAMETER],
  ['protection 3', (vm) => vm.allocate(0, PAGE, Mem.RESERVE, 3), ErrorCode.INVALID_PARAMETER],
  ['protection 0x77', (vm) => vm.allocate(0, PAGE, Mem.RESERVE, 0x77), ErrorCode.INVALID_PARAMETER],
  ['copy-on-write', (vm) => vm.allocate(0, PAGE, Mem.RESERVE, Page.WRITECOPY), ErrorCode.INVALID_PARAMETER],
  ['guard of no access', (vm) => vm.allocate(0, PAGE, Mem.RESERVE, Page.GUARD | Page.NOACCESS), ErrorCode.INVALID_PARAMETER],
  ['no type', (vm) => vm.allocate(0, PAGE, 0, Page.READWRITE), ErrorCode.INVALID_PARAMETER],
  ['bad type', (vm) => vm.allocate(0, PAGE, 0x1, Page.READWRITE), ErrorCode.INVALID_PARAMETER],
  ['larger than the address space', (vm) => vm.allocate(0, 0x200000, Mem.RESERVE, Page.READWRITE), ErrorCode.INVALID_PARAMETER],
  ['no hole', (vm) => vm.allocate(0, 0x1f0000, Mem.RESERVE, Page.READWRITE), ErrorCode.NOT_ENOUGH_MEMORY],
  ['commit of free space', (vm) => vm.allocate(0x100000, PAGE, Mem.COMMIT, Page.READWRITE), ErrorCode.INVALID_ADDRESS],
  ['commit over the end', (vm, base) => vm.allocate(base + 3 * PAGE, 2 * PAGE, Mem.COMMIT, Page.READWRITE), ErrorCode.INVALID_ADDRESS],
  ['reserve over another', (vm, base) => vm.allocate(base, PAGE, Mem.RESERVE, Page.READWRITE), ErrorCode.INVALID_ADDRESS],
  ['free of type 0', (vm, base) => vm.free(base, 0, 0), ErrorCode.INVALID_PARAMETER],
  ['decommit and release', (vm, base) => vm.free(base, 0, Mem.DECOMMIT | Mem.RELEASE), ErrorCode.INVALID_PARAMETER],
  ['release with a size', (vm, base) => vm.free(base, PAGE, Mem.RELEASE), ErrorCode.INVALID_PARAMETER],
  ['release not at the base', (vm, base) => vm.free(base + PAGE, 0, Mem.RELEASE), ErrorCode.INVALID_ADDRESS],
  ['decommit all not at the base', (vm, base) => vm.free(base + PAGE, 0, Mem.DECOMMIT), ErrorCode.INVALID_ADDRESS],
  ['decommit over the end', (vm, base) => vm.free(base + PAGE, 4 * PAGE, Mem.DECOMMIT), ErrorCode.INVALID_PARAMETER],
  ['protect of a reserved page', (vm, base) => vm.protect(base, 2 * PAGE, Page.READONLY), ErrorCode.INVALID_ADDRESS],
  ['protect over two reservations', (vm, base) => vm.protect(base, UNIT + PAGE, Page.READONLY), ErrorCode.INVALID_ADDRESS],
  ['protect of nothing', (vm, base) => vm.protect(base, 0, Page.READONLY), ErrorCode.INVALID_PARAMETER],
  ['large pages', (vm) => vm.allocate(0, PAGE, Mem.RESERVE | Mem.COMMIT | Mem.LARGE_PAGES, Page.READWRITE), ErrorCode.PRIVILEGE_NOT_HELD],
];

for (const [name, call, error] of cases) {
  test(`error: ${name}`, (t) => {
    const { vm } = fresh();
    const base = vm.allocate(0, 4 * PAGE, Mem.RESERVE, Page.NOACCESS);
    vm.allocate(0, 4 * PAGE, Mem.RESERVE | Mem.COMMIT, Page.READWRITE);
    vm.allocate(base, PAGE, Mem.COMMIT, Page.READWRITE);
    t.falsy(call(vm, base));
    t.is(vm.error, error);
  });
}

test('a guard page is one-shot', (t) => {
  const { vm, pages } = fresh();
  const base = vm.allocate(0, PAGE, Mem.RESERVE | Mem.COMMIT, Page.READWRITE | Page.GUARD);
  t.is(pages.access.get(base), 0);
  t.true(vm.takeGuard(base + 12));
  t.is(vm.stateAt(base), Page.READWRITE);
  t.is(pages.access.get(base), 3);
  t.false(vm.takeGuard(base));
});

test('the first page tells the old protection', (t) => {
  const { vm } = fresh();
  const base = vm.allocate(0, 2 * PAGE, Mem.RESERVE | Mem.COMMIT, Page.READWRITE);
  t.is(vm.protect(base + PAGE, PAGE, Page.READONLY), Page.READWRITE);
  t.is(vm.protect(base, 2 * PAGE, Page.NOACCESS), Page.READWRITE);
  t.is(vm.protect(base + PAGE, 1, Page.READONLY), Page.NOACCESS);
});

/** The model: for each page its allocation's base and its state (0 reserved). */
class Model {
  readonly pages = new Map<number, { base: number; state: number }>();

  private up(x: number): number {
    return Math.ceil(x / PAGE) * PAGE;
  }

  /** Is the 64 KiB unit, or any other in the range, used? */
  private taken(base: number, limit: number): boolean {
    for (let unit = base - (base % UNIT); unit < limit; unit += UNIT) {
      for (let p = unit; p < unit + UNIT; p += PAGE) if (this.pages.has(p)) return true;
    }
    return false;
  }

  reserve(address: number, size: number): number {
    const base = address - (address % UNIT);
    const limit = this.up(address + size);
    if (this.taken(base, limit)) return 0;
    for (let p = base; p < limit; p += PAGE) this.pages.set(p, { base, state: 0 });
    return base;
  }

  range(address: number, size: number): { base: number; state: number }[] | undefined {
    const found = [];
    const first = address - (address % PAGE);
    for (let p = first; p < address + size; p += PAGE) {
      const page = this.pages.get(p);
      if (!page || page.base !== there(this.pages.get(first)).base) return undefined;
      found.push(page);
    }
    return found;
  }

  commit(address: number, size: number, protect: number): number {
    const pages = this.range(address, size);
    if (!pages) return 0;
    for (const page of pages) page.state = protect;
    return address - (address % PAGE);
  }

  decommit(address: number, size: number): boolean {
    const pages = this.range(address, size);
    if (!pages) return false;
    for (const page of pages) page.state = 0;
    return true;
  }

  protect(address: number, size: number, protect: number): number {
    const pages = this.range(address, size);
    if (!pages || pages.some((page) => page.state === 0)) return 0;
    const old = pages[0].state;
    for (const page of pages) page.state = protect;
    return old;
  }

  release(address: number): boolean {
    if (this.pages.get(address)?.base !== address) return false;
    for (const [p, page] of this.pages) if (page.base === address) this.pages.delete(p);
    return true;
  }
}

test('random calls agree with the model', (t) => {
  const address = fc.integer({ min: LOWEST, max: HIGHEST - UNIT });
  const size = fc.integer({ min: 1, max: UNIT });
  const protect = fc.constantFrom(Page.NOACCESS, Page.READONLY, Page.READWRITE, Page.EXECUTE_READ, Page.EXECUTE_READWRITE);
  const step = fc.record({
    kind: fc.constantFrom('reserve', 'commit', 'commit', 'decommit', 'protect', 'protect', 'release'),
    address,
    size,
    protect,
    atBase: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { vm, pages } = fresh();
      const model = new Model();
      const expected = new Map<number, number>();
      for (const s of steps) {
        const inside = s.atBase ? (model.pages.get(s.address - (s.address % PAGE))?.base ?? s.address) : s.address;
        switch (s.kind) {
          case 'reserve':
            t.is(vm.allocate(s.address, s.size, Mem.RESERVE, s.protect), model.reserve(s.address, s.size));
            break;
          case 'commit':
            t.is(vm.allocate(inside, s.size, Mem.COMMIT, s.protect), model.commit(inside, s.size, s.protect));
            break;
          case 'decommit':
            t.is(vm.free(inside, s.size, Mem.DECOMMIT), model.decommit(inside, s.size));
            break;
          case 'protect':
            t.is(vm.protect(inside, s.size, s.protect), model.protect(inside, s.size, s.protect));
            break;
          case 'release':
            t.is(vm.free(inside, 0, Mem.RELEASE), model.release(inside));
            break;
        }
      }
      for (let p = LOWEST; p <= HIGHEST; p += PAGE) {
        const state = model.pages.get(p)?.state ?? 0;
        if (state)
          expected.set(
            p,
            there(
              { [Page.NOACCESS]: 0, [Page.READONLY]: 1, [Page.READWRITE]: 3, [Page.EXECUTE_READ]: 5, [Page.EXECUTE_READWRITE]: 7 }[state],
            ),
          );
        if (vm.stateAt(p) !== state) t.fail(`page 0x${p.toString(16)}`);
        const information = there(vm.query(p));
        if ((information.state === Mem.FREE) !== !model.pages.has(p)) t.fail(`query of 0x${p.toString(16)}`);
        // Every page of the run that VirtualQuery reports is like its first.
        for (let q = p; q < p + information.regionSize; q += PAGE) if ((model.pages.get(q)?.state ?? 0) !== state) t.fail('run too long');
        const next = model.pages.get(p + information.regionSize);
        const here = model.pages.get(p);
        if (here && next && next.base === here.base && next.state === here.state) t.fail('run too short');
      }
      t.deepEqual(new Map([...pages.access].sort()), new Map([...expected].sort()));
      t.is(vm.committedBytes, expected.size * PAGE);
    }),
    { numRuns: 150 },
  );
});

test('a guard that a program puts back on an overflown stack is taken again, once', (t) => {
  const { vm } = fresh();
  const stack = createStack(vm, 0x10000, PAGE, 2 * PAGE);
  if (!stack) return t.fail('no stack');
  const lowest = stack.deallocation + PAGE;
  for (let page = stack.limit - PAGE; stack.limit > lowest; page = stack.limit - PAGE) stack.limit = growStack(vm, stack, page);
  t.is(vm.stateAt(lowest), Page.READWRITE);
  // Twice, since _resetstkoflw may be called after each overflow.
  for (let i = 0; i < 2; i++) {
    t.is(vm.protect(lowest, PAGE, Page.READWRITE | Page.GUARD), Page.READWRITE);
    t.false(canGrow(stack, lowest));
    stack.limit = growStack(vm, stack, lowest);
    t.is(vm.stateAt(lowest), Page.READWRITE);
    t.is(stack.limit, lowest);
  }
});
