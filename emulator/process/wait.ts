/** What a blocked thread waits for, and what else than that may end the wait. */
import { GuestFault } from '../memory/memory-view.js';

interface Condition {
  /** For people: 'mutex 0x1234', 'join thread 2', 'sleep'. */
  what: string;
  /** May the call be tried again? Polled by the scheduler; must be cheap and without side effects. */
  ready(): boolean;
  /**
   * What `ready` depends on: addresses of guest words, objects of the host. It is polled when one of them has changed,
   * of which the scheduler is told (`Process.changed`); without a list, before each turn.
   */
  on?: readonly unknown[];
  /** Virtual time at which it must be tried again whatever `ready` says. */
  deadline?: number;
}

/** A lock, the end of a thread, time: a signal handler may run meanwhile, then the call is tried again. */
export interface PlainWait extends Condition {
  kind?: undefined;
}

/** A signal handler ends it: any, or only one that was installed without SA_RESTART. */
export interface InterruptibleWait extends Condition {
  kind: 'interruptible';
  by: 'any' | 'without-restart';
}

/** Inside the kernel: signals come after it. */
export interface KernelWait extends Condition {
  kind: 'kernel';
}

/** For a message: how a faulting thread finds who can serve it at once. */
export interface MessageWait extends Condition {
  kind: 'message';
  port: number;
}

export type Wait = PlainWait | InterruptibleWait | KernelWait | MessageWait;

/** May the call be tried again? Also when what it waits for is no longer in memory: trying again, it meets that itself. */
export function isReady(wait: Wait): boolean {
  try {
    return wait.ready();
  } catch (error) {
    if (error instanceof GuestFault) return true;
    throw error;
  }
}
