/** Signals by name, what they do by default, and how they are described. Source: signal.h of the systems; POSIX.1-2017 2.4. */
import type { SignalNumbers } from './traits.js';

// prettier-ignore
const common = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGALRM: 14,
  SIGTERM: 15, SIGTTIN: 21, SIGTTOU: 22, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGWINCH: 28,
} as const;

// prettier-ignore
export const linuxSignals: SignalNumbers = {
  ...common, SIGBUS: 7, SIGUSR1: 10, SIGUSR2: 12, SIGSTKFLT: 16, SIGCHLD: 17, SIGCONT: 18, SIGSTOP: 19, SIGTSTP: 20, SIGURG: 23, SIGIO: 29,
  SIGPWR: 30, SIGSYS: 31,
};

// prettier-ignore
export const bsdSignals: SignalNumbers = {
  ...common, SIGEMT: 7, SIGBUS: 10, SIGSYS: 12, SIGURG: 16, SIGSTOP: 17, SIGTSTP: 18, SIGCONT: 19, SIGCHLD: 20, SIGIO: 23, SIGINFO: 29,
  SIGUSR1: 30, SIGUSR2: 31,
};

// prettier-ignore
const descriptions: Readonly<Record<string, string>> = {
  SIGHUP: 'hangup', SIGINT: 'interrupt', SIGQUIT: 'quit', SIGILL: 'illegal instruction', SIGTRAP: 'trace or breakpoint trap', SIGABRT: 'aborted',
  SIGFPE: 'arithmetic exception', SIGKILL: 'killed', SIGSEGV: 'segmentation violation', SIGBUS: 'bus error', SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock', SIGTERM: 'terminated', SIGXCPU: 'CPU time limit exceeded', SIGXFSZ: 'file size limit exceeded', SIGSYS: 'bad system call',
};

export function signalName(numbers: SignalNumbers, signal: number): string {
  return Object.keys(numbers).find((name) => numbers[name] === signal) ?? `signal ${signal}`;
}

export function signalDescription(name: string): string | undefined {
  return descriptions[name];
}

export type DefaultAction = 'terminate' | 'ignore' | 'stop';

export function defaultAction(numbers: SignalNumbers, signal: number): DefaultAction {
  const name = signalName(numbers, signal);
  switch (name) {
    case 'SIGIO':
      return numbers === bsdSignals ? 'ignore' : 'terminate';
    case 'SIGCHLD':
    case 'SIGURG':
    case 'SIGWINCH':
    case 'SIGCONT':
    case 'SIGINFO':
      return 'ignore';
    case 'SIGSTOP':
    case 'SIGTSTP':
    case 'SIGTTIN':
    case 'SIGTTOU':
      return 'stop';
    default:
      return 'terminate';
  }
}
