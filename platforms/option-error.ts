/** An option that this platform, or this machine, does not have: the fault of whoever gave it. */
export class OptionError extends RangeError {
  override name = 'OptionError';
}
