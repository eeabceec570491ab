/**
 * The main job: the fixture programs, compiled by each platform's compiler, have their memory collected on
 * every platform. All give the result that was worked out beforehand, and print the same on all platforms.
 */
import { join } from 'node:path';
import test from 'ava';
import { demoPrograms } from '../../cli/demo-programs.js';
import { reportOf } from '../../machine/report.js';
import { platforms } from '../../platforms/codes.js';
import { root, runFixture } from './harness.js';
import { there } from '../there.js';

const printed = new Map<string, string>();

for (const program of demoPrograms) {
  for (const { code, os } of platforms) {
    test.serial(`${program.name} on ${code}`, (t) => {
      const directories = program.directory ? [{ host: join(root, program.directory), guest: program.mount ?? '.' }] : [];
      const { status, stdout, stderr, machine } = runFixture(code, program.name, {
        directories,
        ...(program.args && { args: program.args }),
      });
      t.is(program.resultOf(stdout), program.expected(), `${stdout}${stderr}${JSON.stringify(status)}`);
      t.deepEqual(status, { kind: 'exit', code: 0 });
      t.is(stderr, '');
      const report = reportOf(machine);
      t.true(report.collections >= 10, `${report.collections} collections`);
      t.true(report.objectsMoved > 1000, `${report.objectsMoved} moved`);
      t.true(report.objectsPinned > 10, `${report.objectsPinned} pinned`);
      t.true(report.barrierFaults > 0, 'no barrier was hit');
      if (program.name === 'threads') t.true(report.threads >= 5, `${report.threads} threads on ${os}`);
      // C programs on Windows print through a text stream; the harness sees its bytes.
      const text = stdout.replaceAll('\r\n', '\n');
      if (!printed.has(program.name)) printed.set(program.name, text);
      t.is(text, there(printed.get(program.name)));
    });
  }
}
