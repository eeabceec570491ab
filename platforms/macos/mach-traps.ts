/**
 * Mach traps by number, over what the functions of libsystem_kernel use. Results are kern_return_t or a port's name; memory that the
 * kernel can't copy is KERN_MEMORY_ERROR. Source: osfmk/kern/syscall_sw.c, osfmk/ipc/mach_kernelrpc.c, osfmk/kern/clock.c, syscall_subr.c;
 * bsd/libkern/copyio.h (mach_copyin).
 */
import type { Thread } from '../../emulator/process/thread.js';
import type { Progress } from '../posix/waiting.js';
import type { MachSystem } from './mach-functions.js';
import { MACH_SEND_INVALID_DEST } from './kernel.js';
import { MachMemory } from './mach-memory.js';
import { Mach, MachMessages, MessageOption } from './mach-messages.js';
import { Kern, MachPorts } from './mach-ports.js';

export type MachTrap = (thread: Thread, args: number[]) => Progress;

/** Traps that XNU has and this one has not. */
// prettier-ignore
const NOT_PROVIDED: Readonly<Record<number, string>> = {
  11: '_kernelrpc_mach_vm_purgable_control_trap', 13: 'task_dyld_process_info_notify_get_trap', 20: '_kernelrpc_mach_port_move_member_trap',
  22: '_kernelrpc_mach_port_insert_member_trap', 23: '_kernelrpc_mach_port_extract_member_trap', 24: '_kernelrpc_mach_port_construct_trap',
  25: '_kernelrpc_mach_port_destruct_trap', 33: 'semaphore_signal_trap', 34: 'semaphore_signal_all_trap', 35: 'semaphore_signal_thread_trap',
  36: 'semaphore_wait_trap', 37: 'semaphore_wait_signal_trap', 38: 'semaphore_timedwait_trap', 39: 'semaphore_timedwait_signal_trap',
  40: '_kernelrpc_mach_port_get_attributes_trap', 41: '_kernelrpc_mach_port_guard_trap', 42: '_kernelrpc_mach_port_unguard_trap',
  43: 'mach_generate_activity_id', 47: 'mach_msg2_trap', 50: 'thread_get_special_reply_port', 62: 'clock_sleep_trap', 70: 'host_create_mach_voucher_trap',
  72: 'mach_voucher_extract_attr_recipe_trap', 77: '_kernelrpc_mach_port_request_notification_trap', 91: 'mk_timer_create_trap', 92: 'mk_timer_destroy_trap',
  93: 'mk_timer_arm_trap', 94: 'mk_timer_cancel_trap', 95: 'mk_timer_arm_leeway_trap', 100: 'iokit_user_client_trap',
};
const MILLISECOND = 1_000_000;
/** thread_switch's options: none, depress, wait, dispatch contention (in microseconds), and the locks' depress and wait. */
const SwitchOption = { NONE: 0, DEPRESS: 1, WAIT: 2, DISPATCH_CONTENTION: 3, OSLOCK_DEPRESS: 4, OSLOCK_WAIT: 5 } as const;
const WAITING: readonly number[] = [SwitchOption.WAIT, SwitchOption.DISPATCH_CONTENTION, SwitchOption.OSLOCK_WAIT];

export function machTraps({ process, kernel, memory, layout, pid }: MachSystem): (number: number) => MachTrap | undefined {
  const { ports } = kernel;
  const { user } = process;
  const vm = new MachMemory(memory, process.cpu === 'x86-64');
  const messages = new MachMessages(process, kernel);
  const mine = (task: number, action: () => Progress): Progress => (task === ports.task ? action() : MACH_SEND_INVALID_DEST);

  /** Until `deadline` of virtual time; interrupted, it is `aborted`. */
  const sleep = (deadline: number, aborted: number): Progress => {
    const again = (): Progress =>
      process.clock.now >= deadline
        ? Kern.Success
        : { wait: { what: 'a time', on: [], ready: () => false, deadline }, resume: again, restarts: false, interrupted: () => aborted };
    return again();
  };

  const message = (address: number, option: number, sendSize: number, receiveSize: number, name: number, timeout: number): Progress => {
    if (option & MessageOption.send) {
      const sent = messages.send(user, address, sendSize);
      if (sent !== 0) return sent;
    }
    if (!(option & MessageOption.receive)) return 0;
    const deadline = option & MessageOption.receiveTimeout ? process.clock.now + timeout * MILLISECOND : undefined;
    const again = (): Progress => {
      const received = messages.take(user, address, option, receiveSize, name);
      if (received !== undefined) return received;
      if (deadline !== undefined && process.clock.now >= deadline) return Mach.ReceiveTimedOut;
      return {
        wait: { ...messages.awaiting(name), ...(deadline !== undefined && { deadline }) },
        resume: again,
        restarts: false,
        interrupted: () => Mach.ReceiveInterrupted,
      };
    };
    return again();
  };

  const place = (address: number, size: number, flags: number, prot: number): Progress => {
    const { result, address: found } = vm.allocate(user.word(address), size, flags);
    if (result !== Kern.Success) return result;
    user.setWord(address, found);
    return prot === 3 ? result : vm.protect(found, size, false, prot);
  };

  const yields = (): number => {
    process.reschedule = true;
    return 0;
  };

  const traps = new Map<number, MachTrap>([
    [10, (_t, [task, address, size, flags]) => mine(task, () => place(address, size, flags, 3))],
    [12, (_t, [task, address, size]) => mine(task, () => vm.deallocate(address, size))],
    [14, (_t, [task, address, size, setMaximum, prot]) => mine(task, () => vm.protect(address, size, setMaximum !== 0, prot))],
    [
      15,
      (_t, [task, address, size, mask, flags, prot]) =>
        mine(task, () => {
          if (mask !== 0) return process.end({ kind: 'unsupported', text: 'mach_vm_map with an alignment mask is not provided' });
          return size === 0 ? Kern.InvalidArgument : place(address, size, flags, prot & 7);
        }),
    ],
    [
      16,
      (_t, [task, right, result]) =>
        mine(task, () => {
          const name = ports.allocate(right);
          if (name === undefined) return Kern.InvalidValue;
          user.setU32(result, name);
          return Kern.Success;
        }),
    ],
    [18, (_t, [task, name]) => mine(task, () => ports.deallocate(name))],
    [19, (_t, [task, name, right, delta]) => mine(task, () => ports.modRefs(name, right, delta | 0))],
    [21, (_t, [task, name, port, how]) => mine(task, () => ports.insertRight(name, port, how))],
    [26, () => ports.allocateReceive()],
    [27, (thread) => ports.ofThread(thread)],
    [28, () => ports.task],
    [29, () => ports.host],
    [31, (_t, [address, option, sendSize, receiveSize, name, timeout]) => message(address, option, sendSize, receiveSize, name, timeout)],
    [32, (_t, [address, option, sendSize, receiveSize, name, timeout]) => message(address, option, sendSize, receiveSize, name, timeout)],
    // task_for_pid: a program without the entitlement gets its own task alone.
    [
      45,
      (_t, [task, id, result]) => {
        if (task !== ports.task) return Kern.InvalidArgument;
        const found = (id | 0) === pid;
        user.setU32(result, found ? ports.task : 0);
        return found ? Kern.Success : Kern.Failure;
      },
    ],
    [
      46,
      (_t, [task, result]) => {
        const known = task === ports.task;
        user.setU32(result, known ? pid : 0xffffffff);
        return known ? Kern.Success : Kern.Failure;
      },
    ],
    [58, yields],
    [59, yields],
    [60, yields],
    [
      61,
      (_t, [, option, time]) => {
        if (option > SwitchOption.OSLOCK_WAIT) return Kern.InvalidArgument;
        process.reschedule = true;
        const unit = option === SwitchOption.DISPATCH_CONTENTION ? 1000 : MILLISECOND;
        return WAITING.includes(option) ? sleep(process.clock.now + (time % 2 ** 32) * unit, Kern.Success) : Kern.Success;
      },
    ],
    [
      76,
      (_t, [task, name, result]) =>
        mine(task, () => {
          const type = MachPorts.typeOf(ports.get(name));
          if (type === undefined) return Kern.InvalidName;
          user.setU32(result, type);
          return Kern.Success;
        }),
    ],
    // Whether it could be copied out is not looked at.
    [
      89,
      (_t, [address]) => {
        if (memory.space.isMapped(address, 8)) {
          user.setU32(address, layout.timebase.numerator);
          user.setU32(address + 4, layout.timebase.denominator);
        }
        return Kern.Success;
      },
    ],
    [90, (_t, [deadline]) => sleep((deadline * layout.timebase.numerator) / layout.timebase.denominator, Kern.Aborted)],
  ]);
  return (number) => {
    if (Object.hasOwn(NOT_PROVIDED, number))
      process.end({ kind: 'unsupported', text: `the Mach trap ${NOT_PROVIDED[number]} (${number}) is not provided` });
    return traps.get(number);
  };
}
