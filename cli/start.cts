#!/usr/bin/env node
/**
 * Where `mpsemu` starts. The command is one file, made by cli/bundle.ts, since reading three hundred takes longer than
 * everything else it does before the guest's first instruction; V8's compiled form of it is kept beside it.
 * Kept in plain old JavaScript, so that an old Node can read the line that says it is too old.
 */
import fs = require('fs');
import path = require('path');
import vm = require('vm');
import Module = require('module');

const OLDEST_NODE = 20;

function start(): void {
  if (parseInt(process.versions.node, 10) < OLDEST_NODE) {
    process.stderr.write('mpsemu: Node ' + OLDEST_NODE + ' or newer is needed, and this is ' + process.version + '\n');
    process.exitCode = 125;
    return;
  }
  const file = path.join(__dirname, '..', 'bundle', 'mpsemu.cjs');
  if (process.env.MPSEMU_DEBUG) {
    process.setSourceMapsEnabled(true);
    require(file);
    return;
  }
  // The bundle is ASCII; its last line is a digest of it, which V8's own check (of its length) does not replace.
  const source = fs.readFileSync(file, 'latin1');
  const cache = path.join(path.dirname(file), source.slice(-41, -1) + '.cache');
  let cachedData: Buffer | undefined;
  try {
    cachedData = fs.readFileSync(cache);
  } catch {
    // Not there yet.
  }
  const script = new vm.Script(Module.wrap(source), {
    filename: file,
    ...(cachedData !== undefined && { cachedData }),
  });
  // A run has compiled what runs need. Made anew where V8 is another one; where it can't be written all still works.
  if (process.argv[2] === 'run' && (cachedData === undefined || script.cachedDataRejected)) {
    process.once('exit', () => keep(cache, script.createCachedData()));
  }
  (script.runInThisContext() as (...names: unknown[]) => void).call(exports, exports, require, module, file, path.dirname(file));
}

function keep(file: string, data: Buffer): void {
  const whole = file + '.' + process.pid;
  try {
    fs.writeFileSync(whole, data);
    fs.renameSync(whole, file);
  } catch {
    try {
      fs.unlinkSync(whole);
    } catch {
      // It was not even begun.
    }
  }
}

start();
