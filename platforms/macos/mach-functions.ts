/** The Mach calls of libsystem_kernel, and libpthread's way from pthread_t to ports. Source: the mach headers of the SDK. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { permitted } from '../posix/frame-memory.js';
import type { ThreadLibrary } from '../posix/thread-library.js';
import type { PosixSystem } from '../posix/system.js';
import { posixThread } from '../posix/posix-thread.js';
import { Exc, type ExceptionPort } from './exceptions.js';
import type { MacKernel } from './kernel.js';
import type { MacLayout } from './layout.js';
import { regionFunctions } from './mach-regions.js';
import { MachMemory } from './mach-memory.js';
import { MachMessages } from './mach-messages.js';
import { Kern } from './mach-ports.js';

/** THREAD_STATE_MAX. */
const MOST_STATE_WORDS = 1296;

export interface MachSystem extends PosixSystem {
  readonly kernel: MacKernel;
  readonly threads: ThreadLibrary;
  readonly layout: MacLayout;
}

export function machFunctions(system: MachSystem): HostFunction[] {
  return [
    ...portFunctions(system),
    ...threadFunctions(system),
    ...exceptionPortFunctions(system),
    ...memoryFunctions(system),
    ...regionFunctions(system),
    ...timeFunctions(system),
  ];
}

function portFunctions({ kernel, process }: MachSystem): HostFunction[] {
  const { ports } = kernel;
  const messages = new MachMessages(process, kernel);
  const mine = (task: number, action: () => number): number => kernel.onTask(task, Kern.InvalidTask, action);
  return [
    hostFunction('mach_task_self', 'u()', () => ports.task),
    hostFunction('mach_thread_self', 'u()', (call) => ports.ofThread(call.thread)),
    hostFunction('mach_host_self', 'u()', () => ports.host),
    hostFunction('mach_reply_port', 'u()', () => ports.allocateReceive()),
    hostFunction('mach_port_allocate', 'i(uip)', (call, task, right, result) =>
      mine(task, () => {
        const name = ports.allocate(right);
        if (name === undefined) return Kern.InvalidValue;
        // A trap: the kernel's copy, and a name that can't be told is lost.
        return permitted(() => call.memory.setU32(result, name)) ? Kern.Success : Kern.MemoryError;
      }),
    ),
    hostFunction('mach_port_insert_right', 'i(uuuu)', (_c, task, name, port, how) => mine(task, () => ports.insertRight(name, port, how))),
    hostFunction('mach_port_deallocate', 'i(uu)', (_c, task, name) => mine(task, () => ports.deallocate(name))),
    hostFunction('mach_port_mod_refs', 'i(uuui)', (_c, task, name, right, delta) => mine(task, () => ports.modRefs(name, right, delta))),
    hostFunction('mach_port_destroy', 'i(uu)', (_c, task, name) =>
      mine(task, () => (ports.remove(name) ? Kern.Success : Kern.InvalidName)),
    ),
    hostFunction('mach_msg', 'i(piuuuuu)', (call, message, option, sendSize, receiveSize, name, timeout) =>
      messages.mach_msg(call, message, option, sendSize, receiveSize, name, timeout),
    ),
  ];
}

function threadFunctions({ kernel, threads, process, memory, traits }: MachSystem): HostFunction[] {
  const { ports } = kernel;
  const getState = (call: HostCall, name: number, flavor: number, address: number, countAt: number): number => {
    const got = kernel.threadGetState(name, flavor, call.memory.u32(countAt));
    if (!got.state) return got.result;
    call.memory.write(address, got.state);
    call.memory.setU32(countAt, got.state.length / 4);
    return got.result;
  };
  return [
    hostFunction('thread_suspend', 'i(u)', (_c, name) => kernel.threadSuspend(name)),
    hostFunction('thread_resume', 'i(u)', (_c, name) => kernel.threadResume(name)),
    hostFunction('thread_get_state', 'i(uipp)', getState),
    hostFunction('thread_set_state', 'i(uipu)', (call, name, flavor, address, count) => {
      // More than a message holds is not even sent.
      const words = Math.min(count, MOST_STATE_WORDS);
      return kernel.threadSetState(name, flavor, call.memory.bytes(address, 4 * words));
    }),
    hostFunction('task_threads', 'i(upp)', (call, task, listAt, countAt) => {
      if (task !== ports.task) return kernel.onTask(task, Kern.InvalidArgument, () => Kern.Success);
      const alive = process.threads.filter((t) => t.state !== 'ended');
      call.memory.setU32(countAt, alive.length);
      call.memory.setWord(listAt, 0);
      const { PRIVATE, ANON } = traits.memory.flags;
      const list = memory.mmap(0, 4 * alive.length, 3, PRIVATE | ANON, -1, 0);
      if (list < 0) return Kern.ResourceShortage;
      alive.forEach((thread, i) => call.supervisor.setU32(list + 4 * i, ports.ofThread(thread)));
      call.memory.setWord(listAt, list);
      return Kern.Success;
    }),
    hostFunction('pthread_mach_thread_np', 'u(p)', (_c, identity) => {
      const found = threads.find(identity);
      return found ? ports.ofThread(found.thread) : 0;
    }),
    hostFunction('pthread_from_mach_thread_np', 'p(u)', (_c, name) => {
      const thread = ports.thread(name);
      return thread && thread.state !== 'ended' ? posixThread(thread).identity : 0;
    }),
    hostFunction('pthread_threadid_np', 'i(pp)', (call, identity, result) => {
      const found = identity === 0 ? posixThread(call.thread) : threads.find(identity);
      if (!found) return traits.errno.ESRCH;
      call.memory.setU64(result, BigInt(found.tid));
      return 0;
    }),
    hostFunction('pthread_get_stackaddr_np', 'p(p)', (_c, identity) => threads.find(identity)?.thread.stackLimit ?? 0),
    hostFunction('pthread_get_stacksize_np', 'z(p)', (_c, identity) => {
      const thread = threads.find(identity)?.thread;
      return thread ? thread.stackLimit - thread.stackBase : 0;
    }),
    hostFunction('pthread_main_np', 'i()', (call) => (call.thread.id === process.threads[0].id ? 1 : 0)),
    hostFunction('pthread_setname_np', 'i(p)', (call, name) => {
      call.thread.name = call.memory.cString(name, 64);
      posixThread(call.thread).name = call.thread.name;
      return 0;
    }),
  ];
}

/** thread_… and task_{set,swap,get}_exception_ports. */
function exceptionPortFunctions({ kernel }: MachSystem): HostFunction[] {
  const known = Object.values(Exc).reduce((mask, type) => mask | (1 << type), 0);
  const writeOld = (call: HostCall, old: ExceptionPort[], [masks, count, ports, behaviors, flavors]: number[]): void => {
    const room = Math.min(call.memory.u32(count), old.length);
    for (let i = 0; i < room; i++) {
      call.memory.setU32(masks + 4 * i, old[i].mask);
      call.memory.setU32(ports + 4 * i, old[i].port);
      call.memory.setU32(behaviors + 4 * i, old[i].behavior >>> 0);
      call.memory.setU32(flavors + 4 * i, old[i].flavor);
    }
    call.memory.setU32(count, room);
  };
  const of = (name: number, kind: 'thread' | 'task'): Map<number, ExceptionPort> | undefined => {
    if (kind === 'task') return name === kernel.ports.task ? kernel.exceptionPorts(undefined) : undefined;
    const thread = kernel.ports.thread(name);
    return thread && kernel.exceptionPorts(thread);
  };
  return (['thread', 'task'] as const).flatMap((kind): HostFunction[] => [
    hostFunction(`${kind}_set_exception_ports`, 'i(uuuii)', (_c, name, mask, port, behavior, flavor) => {
      const ports = of(name, kind);
      return ports ? kernel.swapExceptionPorts(ports, mask & known, port, behavior >>> 0, flavor).result : kernel.noThread(name);
    }),
    hostFunction(`${kind}_swap_exception_ports`, 'i(uuuiippppp)', (call, name, mask, port, behavior, flavor, ...old: number[]) => {
      const ports = of(name, kind);
      if (!ports) return kernel.noThread(name);
      writeOld(call, kernel.getExceptionPorts(ports, mask & known), old);
      return kernel.swapExceptionPorts(ports, mask & known, port, behavior >>> 0, flavor).result;
    }),
    hostFunction(`${kind}_get_exception_ports`, 'i(uuppppp)', (call, name, mask, ...old: number[]) => {
      const ports = of(name, kind);
      if (!ports) return kernel.noThread(name);
      writeOld(call, kernel.getExceptionPorts(ports, mask & known), old);
      return Kern.Success;
    }),
  ]);
}

function memoryFunctions({ kernel, memory, process, layout }: MachSystem): HostFunction[] {
  const vm = new MachMemory(memory, process.cpu === 'x86-64');
  const mine = (task: number, action: () => number): number => kernel.onTask(task, Kern.InvalidArgument, action);
  return ['mach_vm', 'vm']
    .flatMap((prefix): HostFunction[] => [
      hostFunction(`${prefix}_allocate`, 'i(upzi)', (call, task, addressAt, size, flags) => {
        const own = prefix === 'vm';
        // vm_allocate keeps the address in a variable of its own; mach_vm_allocate is the trap, whose copies are the kernel's.
        if (own) call.memory.setWord(addressAt, call.memory.word(addressAt));
        return mine(task, () => {
          let wanted = 0;
          if (!permitted(() => (wanted = call.memory.word(addressAt)))) return Kern.MemoryError;
          const { result, address } = vm.allocate(wanted, size, flags);
          if (result !== Kern.Success) return result;
          return permitted(() => call.memory.setWord(addressAt, address)) ? result : Kern.MemoryError;
        });
      }),
      hostFunction(`${prefix}_deallocate`, 'i(uzz)', (_c, task, address, size) => mine(task, () => vm.deallocate(address, size))),
      hostFunction(`${prefix}_protect`, 'i(uzzii)', (_c, task, address, size, setMaximum, prot) =>
        mine(task, () => vm.protect(address, size, setMaximum !== 0, prot)),
      ),
    ])
    .concat([
      hostFunction('host_page_size', 'i(up)', (call, _host, result) => {
        call.memory.setWord(result, layout.pageSize);
        return Kern.Success;
      }),
    ]);
}

function timeFunctions({ process, layout }: MachSystem): HostFunction[] {
  const { numerator, denominator } = layout.timebase;
  const ticks = (): bigint => BigInt(Math.floor((process.clock.now * denominator) / numerator));
  return [
    hostFunction('mach_absolute_time', 'Q()', ticks),
    hostFunction('mach_continuous_time', 'Q()', ticks),
    hostFunction('clock_gettime_nsec_np', 'Q(i)', () => BigInt(Math.floor(process.clock.now))),
    hostFunction('mach_timebase_info', 'i(p)', (call, info) => {
      call.memory.setU32(info, numerator);
      call.memory.setU32(info + 4, denominator);
      return Kern.Success;
    }),
  ];
}
