/** getenv and its kin. Values are copies in the library's memory, kept so that a name always gives the same pointer. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

/** What the host keeps for a variable beside its text, in bytes. */
const VARIABLE_COST = 256;

export function environmentFunctions(library: CLibrary): HostFunction[] {
  const { traits } = library;
  const windows = traits.os === 'windows';
  const key = (name: string): string => (windows ? name.toUpperCase() : name);
  const values = new Map<string, { text: string; address?: number }>();
  for (const setting of library.options.env) {
    const equals = setting.indexOf('=', 1);
    if (equals > 0) values.set(key(setting.slice(0, equals)), { text: setting.slice(equals + 1) });
  }
  const set = (name: string, text: string, overwrite: boolean): number => {
    if (name === '' || name.includes('=')) {
      library.setErrno('EINVAL');
      return -1;
    }
    const before = values.get(key(name));
    if (before && !overwrite) return 0;
    if (
      !library.process.memoryLimit.take(before ? Math.max(0, text.length - before.text.length) : VARIABLE_COST + name.length + text.length)
    ) {
      library.setErrno('ENOMEM');
      return -1;
    }
    values.set(key(name), { text });
    return 0;
  };
  const functions: HostFunction[] = [
    hostFunction('getenv', 'p(p)', (call, name) => {
      const value = values.get(key(call.memory.cString(name)));
      return value ? (value.address ??= library.ownText(value.text)) : 0;
    }),
    hostFunction('system', 'i(p)', (_call, command) => {
      // There is no command processor.
      if (command === 0) return 0;
      library.setErrno('ENOENT');
      return -1;
    }),
  ];
  if (windows) {
    functions.push(
      hostFunction('_putenv_s', 'i(pp)', (call, name, value) => {
        const text = call.memory.cString(value);
        if (set(call.memory.cString(name), text, true) !== 0) return traits.errno.EINVAL;
        if (text === '') values.delete(key(call.memory.cString(name)));
        return 0;
      }),
    );
    return functions;
  }
  functions.push(
    hostFunction('setenv', 'i(ppi)', (call, name, value, overwrite) =>
      set(call.memory.cString(name), call.memory.cString(value), overwrite !== 0),
    ),
    hostFunction('unsetenv', 'i(p)', (call, name) => {
      values.delete(call.memory.cString(name));
      return 0;
    }),
  );
  return functions;
}
