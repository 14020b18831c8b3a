import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

import { OutputFile } from '../../../cli/record/output-file.ts';
import { onSmallDisk, smallDiskTest } from '../../helpers/small-disk.ts';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'layer-output-'));
}

test('a file is made, and replaced, and nothing else is left beside it', (t) => {
  const inside = folder();
  const file = new OutputFile(join(inside, 'run.json'), '--timeline');
  t.deepEqual(readdirSync(inside), []);
  file.write('one');
  file.write('two');
  t.is(readFileSync(file.path, 'utf8'), 'two');
  t.deepEqual(readdirSync(inside), ['run.json']);
});

test('what a link leads to is replaced, and the link stays', (t) => {
  const inside = folder();
  writeFileSync(join(inside, 'real'), 'old');
  symlinkSync('real', join(inside, 'link'));
  new OutputFile(join(inside, 'link'), '--report').write('new');
  t.is(readFileSync(join(inside, 'real'), 'utf8'), 'new');
  t.is(readlinkSync(join(inside, 'link')), 'real');
});

test('a pipe is written to, and stays one', (t) => {
  const path = join(folder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  new OutputFile(path, '--timeline').write('text');
  const bytes = Buffer.alloc(10);
  t.is(bytes.toString('utf8', 0, readSync(reader, bytes)), 'text');
  closeSync(reader);
});

test('a folder, and a file in no folder, are refused with the name of the flag', (t) => {
  const inside = folder();
  mkdirSync(join(inside, 'report'));
  writeFileSync(join(inside, 'file'), '');
  for (const name of ['report', 'missing/report.html', 'file/report.html'])
    t.throws(
      () => new OutputFile(join(inside, name), '--report'),
      { code: 'USAGE', message: `Cannot write --report ${join(inside, name)}` },
      name,
    );
});

smallDiskTest('a full disk leaves what was there, and no part of what was to be written', (t) => {
  const mounted = folder();
  const program = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { OutputFile } from ${JSON.stringify(new URL('../../../cli/record/output-file.ts', import.meta.url).href)};
    const file = new OutputFile(process.argv[1] + '/run.json', '--timeline');
    file.write('old');
    try { file.write('x'.repeat(8 << 20)); } catch (error) { console.log(error.code, error.exitCode); }
    console.log(readFileSync(file.path, 'utf8'), readdirSync(process.argv[1]).join());
  `;
  const { stdout, stderr } = onSmallDisk(mounted, [
    process.execPath,
    '--input-type=module',
    '--eval',
    program,
    mounted,
  ]);
  t.is(stdout, 'WORKSPACE_UNREADABLE 3\nold run.json\n', stderr);
});
