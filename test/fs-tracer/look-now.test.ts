import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { encodeLookFile, LookFile } from '../../fs-tracer/look-file.ts';
import { fromHelper, fromHere, LOOK_HELPER, parseLookAhead } from '../../fs-tracer/look-now.ts';
import { RECORD_DOUBLES } from '../../fs-tracer/look-record.ts';

interface Rig {
  readonly root: string;
  readonly path: string;
  readonly count: number;
}

/** A folder with one thing of every kind, and a look file that names them all, in `looks/0123456789abcdef`. */
function makeRig(t: ExecutionContext): Rig {
  const folder = mkdtempSync(join(tmpdir(), 'layer-look-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const root = join(folder, 'w\u00f6rk');
  mkdirSync(join(root, 'folder'), { recursive: true });
  writeFileSync(join(root, 'file'), 'text', { mode: 0o755 });
  writeFileSync(join(root, 'folder/big'), '');
  truncateSync(join(root, 'folder/big'), 5 * 2 ** 30);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xe9])]), '');
  utimesSync(join(root, 'file'), 1_700_000_000.123_456, 1_700_000_000.654_321);
  utimesSync(join(root, 'folder/big'), -5.5, -5.5);
  symlinkSync('folder', join(root, 'link'));
  symlinkSync('/nowhere', join(root, 'dangling'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const path = join(folder, '0123456789abcdef');
  return { root, path, count: writeLookFile(root, path) };
}

/** Names them all, with what was seen of them: nothing by default. */
function writeLookFile(root: string, path: string, records?: Float64Array): number {
  const inside = ['', 'file', 'folder', 'folder/big', '\xff\xe9', 'link', 'link/big', 'dangling', 'pipe'];
  const missing = ['missing', 'missing/deeper', 'file/below', 'x'.repeat(300)];
  const paths = [...inside, ...missing, '/etc/hostname', '/dev/null', '/proc/self/missing'];
  const none = new Int32Array(paths.length).fill(-1);
  const parents = Int32Array.from(paths, (each) =>
    /^\/|^$/.test(each) ? -1 : paths.indexOf(each.replace(/\/?[^/]*$/, '')),
  );
  const bytes = encodeLookFile({
    root: Buffer.from(root).toString('latin1'),
    paths: () => paths,
    records: records ?? new Float64Array(paths.length * RECORD_DOUBLES).fill(NaN),
    parents,
    rules: none,
    places: new Uint32Array(),
    notes: { basis: null, sets: [] },
    entries: [],
    digests: [],
  });
  writeFileSync(path, bytes);
  return paths.length;
}

const hasHelper = existsSync(LOOK_HELPER);
const testWithHelper = hasHelper ? test : test.skip;
const why = hasHelper ? '' : ` (skipped: ${LOOK_HELPER} is not built)`;

testWithHelper(`the helper sees of every kind of thing what lstatSync sees${why}`, (t) => {
  const { path, count } = makeRig(t);
  using file = LookFile.open(path)!;
  const here = fromHere(file)!;
  const helper = fromHelper(file, path, 0)!;
  t.deepEqual([...here.changed], [...Array(count).keys()]);
  t.deepEqual(helper.changed, here.changed);
  t.deepEqual([...helper.records], [...here.records]);
  t.true(Math.abs(helper.lookedAtMs - here.lookedAtMs) < 60_000);
});

testWithHelper(`only what is not as it was is told, by the helper and from here${why}`, (t) => {
  const { root, path } = makeRig(t);
  using before = LookFile.open(path)!;
  writeLookFile(root, path, fromHere(before)!.records);
  writeFileSync(join(root, 'folder/more'), '');
  writeFileSync(join(root, 'file'), 'longer');
  rmSync(join(root, 'pipe'));
  using file = LookFile.open(path)!;
  const changed = ['', 'file', 'folder', 'pipe'];
  for (const looks of [fromHere(file)!, fromHelper(file, path, 0)!]) {
    t.deepEqual(
      [...looks.changed].map((index) => file.front().paths()[index]),
      changed,
    );
    t.is(looks.records.length, changed.length * RECORD_DOUBLES);
  }
});

testWithHelper(`a look file with any byte changed is not answered${why}`, (t) => {
  const { path } = makeRig(t);
  const whole = readFileSync(path);
  using file = LookFile.open(path)!;
  for (let at = 0; at < whole.length - 16; at += 7) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    writeFileSync(path, damaged);
    t.is(fromHelper(file, path, 0), null, String(at));
  }
});

testWithHelper(`a look file that is cut short is not answered${why}`, (t) => {
  const { path } = makeRig(t);
  using file = LookFile.open(path)!;
  truncateSync(path, 70);
  t.is(fromHelper(file, path, 0), null);
  truncateSync(path, 10);
  t.is(fromHelper(file, path, 0), null);
});

testWithHelper(`an answer about another look file is not taken${why}`, (t) => {
  const { path } = makeRig(t);
  const other = makeRig(t);
  using file = LookFile.open(path)!;
  t.is(fromHelper(file, other.path, 0), null);
});

const PRINT = 'process.stdout.write(JSON.stringify([process.env.LAYER_LOOK, process.argv.slice(2)]))';

/** Starts node through the helper, as ./layer does, in `folder`; gives what `PRINT` printed. */
function runAhead(folder: string, looks: string, ...args: readonly string[]): readonly [string, readonly string[]] {
  const script = join(folder, 'print.cjs');
  writeFileSync(script, PRINT);
  const command = ['--ahead', looks, process.execPath, '--no-warnings', script, ...args];
  return JSON.parse(execFileSync(LOOK_HELPER, command, { cwd: folder, encoding: 'utf8' })) as [string, string[]];
}

testWithHelper(`the helper becomes the command, and names the folder and the arguments by a key${why}`, (t) => {
  const { root } = makeRig(t);
  const looks = join(root, 'no looks');
  const keyOf = (folder: string, ...args: readonly string[]) =>
    parseLookAhead(runAhead(folder, looks, ...args)[0])?.key;
  const [setting, args] = runAhead(root, looks, 'run', 'a b');
  t.deepEqual(args, ['run', 'a b']);
  const [key = '', facts] = setting.split(',');
  t.deepEqual(parseLookAhead(setting), { key, facts, answer: null });
  t.is(keyOf(root, 'run', 'a b'), key);
  t.not(keyOf(root, 'run', 'a', 'b'), key);
  t.not(keyOf(join(root, 'folder'), 'run', 'a b'), key);
});

testWithHelper(`where there is a look file of that key, the command finds an answer${why}`, (t) => {
  const { root, path } = makeRig(t);
  const looks = join(root, 'looks');
  mkdirSync(looks);
  const [key = ''] = runAhead(root, looks, 'run')[0].split(',');
  symlinkSync(path, join(looks, key));
  t.like(parseLookAhead(runAhead(root, looks, 'run')[0]), { key });
  t.not(parseLookAhead(runAhead(root, looks, 'run')[0])?.answer, null);
});

test('a setting that the helper did not write is none', (t) => {
  const [key, facts] = ['0123456789abcdef', '0123456789abcdef'.repeat(2)];
  const others = [`${key},${facts},1`, `${key},${facts},1,2,3`, `${key},1,2`, `${key.toUpperCase()},${facts}`];
  for (const setting of [undefined, '', 'abc', key, ...others]) t.is(parseLookAhead(setting), null, setting);
});
