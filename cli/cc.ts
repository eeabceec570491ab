/** `mpsemu cc`: the guest tool-chain behind a C compiler's command line. */
import { present } from '../emulator/present.js';
import { drive, ToolchainError } from '../platforms/toolchain/cc.js';
import { takesNextWord } from '../platforms/toolchain/option-names.js';
import { platform, platforms } from '../platforms/codes.js';
import { CommandError, usageError } from './exit-status.js';
import { oneOf } from './options.js';
import { print } from './output-file.js';

const help = `usage: mpsemu cc --platform CODE [OPTION]... FILE...

Compile C and assembly for one of the platforms with its own compiler family, our C headers and
mps.h, and link with lld. Options are a C compiler's: -c -S -E -o -O -g -I -D -U -include -isystem
-L -l -Wl,… -Xlinker -std= -W -f -m -pthread -x -MD -MMD -MF -M -v -### --version @FILE, and - for
standard input; files are .c .i .S .s .o .obj .a .lib. What is not known here goes to the compiler.
There are no shared libraries (-shared), no -static, and no C++.

  --platform CODE      what to compile for (see 'mpsemu platforms')
  --no-mps             link without the MPS, for programs that bring their own or need none
  --allow-missing      link even if a function is provided by nobody (running it then names it)

Example: mpsemu cc --platform fri6ll -g -O2 -Wall -o prog prog.c && mpsemu run prog

Exit status: the compiler's or linker's own (1: errors); 125 wrong use, 126 an input
can't be read, 127 a file or tool is not there.
`;

export async function main(args: string[]): Promise<number> {
  let code: string | undefined;
  let noMps = false;
  let allowMissing = false;
  const rest: string[] = [];
  const inputs = args.indexOf('--');
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (inputs >= 0 && i >= inputs) rest.push(arg);
    else if (arg === '--help' || arg === '-h') {
      print(help);
      return 0;
    } else if (arg === '--platform') {
      code = args[++i];
      if (code === undefined) throw usageError('cc: --platform wants a value');
    } else if (arg.startsWith('--platform=')) code = arg.slice('--platform='.length);
    else if (arg === '--no-mps') noMps = true;
    else if (arg === '--allow-missing') allowMissing = true;
    else {
      rest.push(arg);
      if (takesNextWord(arg) && i + 1 < args.length) rest.push(args[++i]);
    }
  }
  if (code === undefined) throw usageError(`cc: say for which platform: --platform CODE (see 'mpsemu platforms')`);
  oneOf(
    'cc',
    'platform',
    code,
    platforms.map((p) => p.code),
  );
  try {
    return (await drive(present(platform(code), code), rest, { noMps, allowMissing })).status;
  } catch (error) {
    if (error instanceof ToolchainError) {
      const [first, ...below] = error.message.split('\n');
      throw new CommandError(error.status ?? 1, `cc: ${first}`, below);
    }
    throw error;
  }
}
