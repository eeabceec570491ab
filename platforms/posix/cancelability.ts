/** What a thread has of cancellation. */
import type { Wait } from '../../emulator/process/wait.js';

export class Cancelability {
  enabled = true;
  asynchronous = false;
  requested = false;
  /** The thread is on its way out: nothing cancels it any more. */
  exiting = false;
  /** The wait in which a request finds it. */
  wait: Wait | undefined;
  /** The cancellation point that it waited in has been asked to look. */
  looks = false;
}
