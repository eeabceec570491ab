/** The Mach calls of libsystem_kernel, and libpthread's way from pthread_t to ports. Source: the mach headers of the SDK. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { ThreadLibrary } from '../posix/thread-library.js';
import type { PosixSystem } from '../posix/system.js';
import { posixThread } from '../posix/posix-thread.js';
import { Exc, type ExceptionPort } from './exceptions.js';
import type { MacKernel } from './kernel.js';
import type { MacLayout } from './layout.js';
import { MachMemory } from './mach-memory.js';
import { MachMessages } from './mach-messages.js';
import { Kern } from './mach-ports.js';

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
    ...timeFunctions(system),
  ];
}

function portFunctions({ kernel, process }: MachSystem): HostFunction[] {
  const { ports } = kernel;
  const messages = new MachMessages(process, kernel);
  const mine = (task: number, action: () => number): number => (task === ports.task ? action() : Kern.InvalidTask);
  return [
    { name: 'mach_task_self', signature: 'u()', run: () => ports.task },
    { name: 'mach_thread_self', signature: 'u()', run: (call) => ports.ofThread(call.thread as Thread) },
    { name: 'mach_host_self', signature: 'u()', run: () => ports.host },
    { name: 'mach_reply_port', signature: 'u()', run: () => ports.allocate(1)! },
    {
      name: 'mach_port_allocate',
      signature: 'i(uip)',
      run: (call, task: number, right: number, result: number) =>
        mine(task, () => {
          call.memory.setU32(result, call.memory.u32(result));
          const name = ports.allocate(right);
          if (name === undefined) return Kern.InvalidValue;
          call.memory.setU32(result, name);
          return Kern.Success;
        }),
    },
    {
      name: 'mach_port_insert_right',
      signature: 'i(uuuu)',
      run: (_c, task: number, name: number, port: number, how: number) => mine(task, () => ports.insertRight(name, port, how)),
    },
    { name: 'mach_port_deallocate', signature: 'i(uu)', run: (_c, task: number, name: number) => mine(task, () => ports.deallocate(name)) },
    {
      name: 'mach_port_mod_refs',
      signature: 'i(uuui)',
      run: (_c, task: number, name: number, right: number, delta: number) => mine(task, () => ports.modRefs(name, right, delta)),
    },
    {
      name: 'mach_port_destroy',
      signature: 'i(uu)',
      run: (_c, task: number, name: number) => mine(task, () => (ports.remove(name) ? Kern.Success : Kern.InvalidName)),
    },
    {
      name: 'mach_msg',
      signature: 'i(piuuuuu)',
      run: (call, message: number, option: number, sendSize: number, receiveSize: number, name: number, timeout: number) =>
        messages.mach_msg(call, message, option, sendSize, receiveSize, name, timeout),
    },
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
    { name: 'thread_suspend', signature: 'i(u)', run: (_c, name: number) => kernel.threadSuspend(name) },
    { name: 'thread_resume', signature: 'i(u)', run: (_c, name: number) => kernel.threadResume(name) },
    { name: 'thread_get_state', signature: 'i(uipp)', run: getState },
    {
      name: 'thread_set_state',
      signature: 'i(uipu)',
      run: (call, name: number, flavor: number, address: number, count: number) => {
        const wanted = kernel.flavors.count(flavor);
        if (wanted === undefined || count < wanted) return Kern.InvalidArgument;
        return kernel.threadSetState(name, flavor, call.memory.bytes(address, 4 * wanted));
      },
    },
    {
      name: 'task_threads',
      signature: 'i(upp)',
      run: (call, task: number, listAt: number, countAt: number) => {
        if (task !== ports.task) return Kern.InvalidTask;
        const alive = process.threads.filter((t) => t.state !== 'ended');
        call.memory.setU32(countAt, alive.length);
        call.memory.setWord(listAt, 0);
        const { PRIVATE, ANON } = traits.memory.flags;
        const list = memory.mmap(0, 4 * alive.length, 3, PRIVATE | ANON, -1, 0);
        if (list < 0) return Kern.ResourceShortage;
        alive.forEach((thread, i) => call.supervisor.setU32(list + 4 * i, ports.ofThread(thread)));
        call.memory.setWord(listAt, list);
        return Kern.Success;
      },
    },
    {
      name: 'pthread_mach_thread_np',
      signature: 'u(p)',
      run: (_c, identity: number) => {
        const found = threads.find(identity);
        return found ? ports.ofThread(found.thread) : 0;
      },
    },
    {
      name: 'pthread_from_mach_thread_np',
      signature: 'p(u)',
      run: (_c, name: number) => {
        const thread = ports.thread(name);
        return thread && thread.state !== 'ended' ? posixThread(thread).identity : 0;
      },
    },
    {
      name: 'pthread_threadid_np',
      signature: 'i(pp)',
      run: (call, identity: number, result: number) => {
        const found = identity === 0 ? posixThread(call.thread) : threads.find(identity);
        if (!found) return traits.errno.ESRCH;
        call.memory.setU64(result, BigInt(found.tid));
        return 0;
      },
    },
    { name: 'pthread_get_stackaddr_np', signature: 'p(p)', run: (_c, identity: number) => threads.find(identity)?.thread.stackLimit ?? 0 },
    {
      name: 'pthread_get_stacksize_np',
      signature: 'z(p)',
      run: (_c, identity: number) => {
        const thread = threads.find(identity)?.thread;
        return thread ? thread.stackLimit - thread.stackBase : 0;
      },
    },
    { name: 'pthread_main_np', signature: 'i()', run: (call) => (call.thread.id === process.threads[0].id ? 1 : 0) },
    {
      name: 'pthread_setname_np',
      signature: 'i(p)',
      run: (call, name: number) => {
        (call.thread as Thread).name = call.memory.cString(name, 64);
        return 0;
      },
    },
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
    {
      name: `${kind}_set_exception_ports`,
      signature: 'i(uuuii)',
      run: (_c, name: number, mask: number, port: number, behavior: number, flavor: number) => {
        const ports = of(name, kind);
        return ports ? kernel.swapExceptionPorts(ports, mask & known, port, behavior >>> 0, flavor).result : Kern.InvalidArgument;
      },
    },
    {
      name: `${kind}_swap_exception_ports`,
      signature: 'i(uuuiippppp)',
      run: (call, name: number, mask: number, port: number, behavior: number, flavor: number, ...old: number[]) => {
        const ports = of(name, kind);
        if (!ports) return Kern.InvalidArgument;
        writeOld(call, kernel.getExceptionPorts(ports, mask & known), old);
        return kernel.swapExceptionPorts(ports, mask & known, port, behavior >>> 0, flavor).result;
      },
    },
    {
      name: `${kind}_get_exception_ports`,
      signature: 'i(uuppppp)',
      run: (call, name: number, mask: number, ...old: number[]) => {
        const ports = of(name, kind);
        if (!ports) return Kern.InvalidArgument;
        writeOld(call, kernel.getExceptionPorts(ports, mask & known), old);
        return Kern.Success;
      },
    },
  ]);
}

function memoryFunctions({ kernel, memory, traits, layout }: MachSystem): HostFunction[] {
  const vm = new MachMemory(memory, traits.errno);
  const mine = (task: number, action: () => number): number => (task === kernel.ports.task ? action() : Kern.InvalidTask);
  return ['mach_vm', 'vm']
    .flatMap((prefix): HostFunction[] => [
      {
        name: `${prefix}_allocate`,
        signature: 'i(upzi)',
        run: (call, task: number, addressAt: number, size: number, flags: number) =>
          mine(task, () => {
            const wanted = call.memory.word(addressAt);
            call.memory.setWord(addressAt, wanted);
            const { result, address } = vm.allocate(wanted, size, flags);
            if (result === Kern.Success) call.memory.setWord(addressAt, address);
            return result;
          }),
      },
      {
        name: `${prefix}_deallocate`,
        signature: 'i(uzz)',
        run: (_c, task: number, address: number, size: number) => mine(task, () => vm.deallocate(address, size)),
      },
      {
        name: `${prefix}_protect`,
        signature: 'i(uzzii)',
        run: (_c, task: number, address: number, size: number, setMaximum: number, prot: number) =>
          mine(task, () => vm.protect(address, size, setMaximum !== 0, prot)),
      },
    ])
    .concat([
      {
        name: 'host_page_size',
        signature: 'i(up)',
        run: (call, _host: number, result: number) => {
          call.memory.setWord(result, layout.pageSize);
          return Kern.Success;
        },
      },
    ]);
}

function timeFunctions({ process, layout }: MachSystem): HostFunction[] {
  const { numerator, denominator } = layout.timebase;
  const ticks = (): bigint => BigInt(Math.floor((process.clock.now * denominator) / numerator));
  return [
    { name: 'mach_absolute_time', signature: 'Q()', run: ticks },
    { name: 'mach_continuous_time', signature: 'Q()', run: ticks },
    { name: 'clock_gettime_nsec_np', signature: 'Q(i)', run: () => BigInt(Math.floor(process.clock.now)) },
    {
      name: 'mach_timebase_info',
      signature: 'i(p)',
      run: (call, info: number) => {
        call.memory.setU32(info, numerator);
        call.memory.setU32(info + 4, denominator);
        return Kern.Success;
      },
    },
  ];
}
