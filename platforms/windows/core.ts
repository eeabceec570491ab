/** What nearly every file of the Windows model stands on. Each names the parts that it needs, these or others. */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { Process } from '../../emulator/process/process.js';
import type { ContextCodec } from './context.js';
import type { Heap } from './heap.js';
import type { Layout } from './layout.js';
import type { VirtualMemory } from './virtual-memory.js';

export interface Core {
  readonly process: Process;
  /** Guest memory as the kernel sees it. */
  readonly memory: MemoryView;
  readonly layout: Layout;
  readonly codec: ContextCodec;
  readonly vm: VirtualMemory;
  /** The process heap. */
  readonly heap: Heap;
}
