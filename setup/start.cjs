'use strict';
/*
 * Runs dist/main.cjs, the bundle, with the compiled code that an earlier run of the same command left. Node's own compile
 * cache holds a file as it was compiled when it was loaded, without the functions that were compiled when they were
 * first called: those are most of what a short run needs, and compiling them took it 20 ms of CPU.
 *
 * The code lies beside Node's compile cache, in a file for each command and bundle. It is written once, by a run that took
 * no longer than a decision does: a build uses ten times the code, and loading that would cost the next decision more. V8
 * refuses what another version or other flags made; the file is synced before it gets its name, because V8 does not check more.
 */
const fs = process.getBuiltinModule('node:fs');
const { join } = process.getBuiltinModule('node:path');

const LONGEST_S = 5;

const folder = join(__dirname, '../dist');
const bundle = join(folder, 'main.cjs');
const cache = process.env.NODE_COMPILE_CACHE;
const command = /^(run|plan|check)$/.exec(process.argv[2] ?? '')?.[0] ?? 'other';

function keep(bytes, name) {
  const temporary = join(cache, `${name}.${process.pid}.new`);
  fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
  try {
    fs.writeFileSync(temporary, bytes, { mode: 0o600, flush: true });
    fs.renameSync(temporary, join(cache, name));
  } catch {
    // A full disk: half a file would take the last of its room.
    return fs.rmSync(temporary, { force: true });
  }
  const isOlder = (other) => other.startsWith(`layer-${command}-`) && other !== name;
  for (const other of fs.readdirSync(cache).filter(isOlder)) fs.rmSync(join(cache, other), { force: true });
}

function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

// The bundle may be replaced while this reads it: what was read and what names it are of one file.
const descriptor = fs.openSync(bundle, 'r');
const { dev, ino, size, mtimeMs } = fs.fstatSync(descriptor);
const name = `layer-${command}-${[process.version, process.arch, dev, ino, size, mtimeMs].join('-')}`;
const source = fs.readFileSync(descriptor, 'latin1');
fs.closeSync(descriptor);
const cachedData = cache ? attempt(() => fs.readFileSync(join(cache, name))) : undefined;

const { Script } = process.getBuiltinModule('node:vm');
const wrapped = `(function (require, __filename, __dirname) {${source}\n})`;
const script = new Script(wrapped, { filename: bundle, cachedData });
if (cache && (cachedData === undefined || script.cachedDataRejected))
  process.once('exit', () => {
    if (process.uptime() < LONGEST_S) attempt(() => keep(script.createCachedData(), name));
  });
script.runInThisContext()(require, bundle, folder);
