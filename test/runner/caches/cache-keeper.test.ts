import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { EMPTY_FINGERPRINT } from '../../../runner/caches/guest-folder.ts';
import type { FakeGuest, FakeResult, FakeScript } from '../../helpers/fake-machine.ts';
import { FakeProject } from '../fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . .\nCACHE /c\nRUN install\nRUN build\n';
const FILES = { Layerfile: LAYERFILE, 'package.json': '1', 'main.js': '1' };

/** A guest whose folder of any CACHE is one text in its memory. `install` and `build` add to /c, each after its file. */
function cachingGuest(seen: string[], more: FakeScript = () => ({})): FakeScript {
  return (command, guest) => {
    const { memory, input } = guest;
    if (command.includes('sha256sum')) return { stdout: fingerprints(command, memory) };
    if (command.includes('--same-owner')) {
      memory.set(folderIn(command, /^cd '(.*?)'/), input.toString());
      return {};
    }
    if (command.includes('--one-file-system')) return { stdout: memory.get(folderIn(command, /-C '(.*?)' \./)) ?? '' };
    if (command.includes('-exec rm -rf')) memory.delete(folderIn(command, /^cd '(.*?)'/));
    for (const word of ['install', 'build']) if (command.includes(word)) return step(word, guest, seen);
    return more(command, guest);
  };
}

function step(word: string, { memory }: FakeGuest, seen: string[]): FakeResult {
  const content = memory.get('/c') ?? '';
  seen.push(`${word}: ${content}`);
  if (word === 'install') memory.set('/c', `${content}+`);
  return { reads: [word === 'install' ? '0/package.json' : '0/main.js'] };
}

function fingerprints(command: string, memory: ReadonlyMap<string, string>): string {
  const folders = [...command.matchAll(/cd '(.*?)'/g)].map(([, folder = '']) => memory.get(folder) ?? '');
  const print = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
  return folders.map((text) => `${text === '' ? EMPTY_FINGERPRINT : print(text)}\n`).join('');
}

function folderIn(command: string, pattern: RegExp): string {
  return pattern.exec(command)?.[1] ?? '';
}

/** What was done to caches, in the order of the calls: `look`, `fill`, `empty`, `save`, and the steps. */
function order(calls: readonly string[]): string {
  const words = calls.flatMap((call) => {
    if (call.includes('sha256sum')) return ['look'];
    if (call.includes('--same-owner')) return ['fill'];
    if (call.includes('--one-file-system')) return ['save'];
    if (call.includes('-exec rm -rf')) return ['empty'];
    return /install|build/.exec(call) ?? (call === 'save' ? ['snapshot'] : []);
  });
  return words.join(' ');
}

/** The one generation that is stored. */
function generation(project: FakeProject): string {
  const caches = join(project.home, 'caches');
  const [id = ''] = readdirSync(caches);
  const [, name = ''] = readdirSync(join(caches, id)).sort().reverse();
  return join(caches, id, name);
}

test('what a step leaves in the folder is there when it runs again, and is in no key', async (t) => {
  const seen: string[] = [];
  using project = new FakeProject(FILES, cachingGuest(seen));
  const first = await project.run();
  t.is(first.outcomes, 'ran ran ran ran ran');
  t.is(order(first.calls), 'snapshot snapshot snapshot install snapshot build snapshot look save');
  t.is((await project.run()).outcomes, 'restored restored restored restored restored');
  project.write('package.json', '2');
  const edited = await project.run();
  t.is(edited.outcomes, 'restored restored restored ran ran');
  t.is(order(edited.calls), 'look fill install snapshot build snapshot look save');
  project.write('package.json', '1');
  t.deepEqual((await project.run()).calls, [], 'the former snapshot holds, whatever the cache has become');
  t.deepEqual(seen, ['install: ', 'build: +', 'install: +', 'build: ++']);
});

test('a machine that has what is stored is not filled again, and what it did not change is not saved again', async (t) => {
  const seen: string[] = [];
  using project = new FakeProject(FILES, cachingGuest(seen));
  await project.run();
  const before = generation(project);
  project.write('main.js', '2');
  const edited = await project.run();
  t.is(edited.outcomes, 'restored restored restored restored ran');
  t.is(order(edited.calls), 'look build snapshot look');
  t.is(generation(project), before);
  t.is(order((await project.run({ force: ['5'] })).calls), 'look build snapshot look');
});

test('a run whose step fails has still filled its caches', async (t) => {
  const seen: string[] = [];
  const guest = cachingGuest(seen);
  using project = new FakeProject(FILES, async (command, machine) => {
    const result = await guest(command, machine);
    return command.includes('install') && seen.length === 1 ? { ...result, exitCode: 1 } : result;
  });
  const failed = await project.run();
  t.is(failed.outcomes, 'ran ran ran failed skipped');
  // The last one is of the machine as the step left it in failing.
  t.is(order(failed.calls), 'snapshot snapshot snapshot install snapshot look save');
  t.is((await project.run()).outcomes, 'restored restored restored ran ran');
  t.deepEqual(seen, ['install: ', 'install: +', 'build: ++']);
});

test('a cancelled run saves nothing', async (t) => {
  const controller = new AbortController();
  const guest = cachingGuest([]);
  using project = new FakeProject(FILES, (command, machine) => {
    if (command.includes('build')) controller.abort(new Error('Ctrl-C'));
    return guest(command, machine);
  });
  const { outcomes, calls } = await project.run({ signal: controller.signal });
  t.is(outcomes, 'ran ran ran ran cancelled');
  t.notRegex(order(calls), /save/);
});

test('a run that is cancelled while it saves leaves what was stored', async (t) => {
  const seen: string[] = [];
  let controller = new AbortController();
  const guest = cachingGuest(seen);
  using project = new FakeProject(FILES, (command, machine) => {
    if (seen.length > 2 && command.includes('--one-file-system')) controller.abort(new Error('Ctrl-C'));
    return guest(command, machine);
  });
  await project.run();
  const before = generation(project);
  project.write('package.json', '2');
  t.is((await project.run({ signal: controller.signal })).result.outcome, 'cancelled');
  controller = new AbortController();
  t.is(generation(project), before);
  t.is(readdirSync(join(project.home, 'caches')).length, 1);
});

test('what the image or a step above CACHE left in the folder becomes the first generation', async (t) => {
  const seen: string[] = [];
  const guest = cachingGuest(seen, (command, { memory }) => {
    if (command.includes('prepare')) memory.set('/c', 'image');
    return {};
  });
  using project = new FakeProject({ ...FILES, Layerfile: LAYERFILE.replace('CACHE', 'RUN prepare\nCACHE') }, guest);
  await project.run();
  project.write('package.json', '2');
  await project.run();
  t.deepEqual(seen, ['install: image', 'build: image+', 'install: image+', 'build: image++']);
});

test('a cache that was removed is empty in the next run, also where a snapshot had been filled from it', async (t) => {
  const seen: string[] = [];
  using project = new FakeProject(FILES, cachingGuest(seen));
  await project.run();
  await project.run({ force: ['3'] });
  rmSync(join(project.home, 'caches'), { recursive: true });
  const cleared = await project.run({ force: ['4'] });
  t.is(order(cleared.calls), 'empty install snapshot build snapshot look save');
  t.deepEqual(seen.slice(-2), ['install: ', 'build: +']);
});

for (const [what, damage] of [
  ['cut short', (file: string) => truncateSync(file, 9)],
  ['changed', (file: string) => writeFileSync(file, readFileSync(file).fill(7, 5, 8))],
] as const) {
  test(`a cache that was ${what} is dropped with a warning, and the build goes on`, async (t) => {
    const seen: string[] = [];
    using project = new FakeProject(FILES, cachingGuest(seen));
    await project.run();
    damage(generation(project));
    project.write('package.json', '2');
    const run = await project.run();
    t.is(run.outcomes, 'restored restored restored ran ran');
    t.regex(run.warnings.join('\n'), /^the cache \/c is damaged \(its checksum is wrong\) and was dropped$/m);
    t.deepEqual(seen.slice(-2), ['install: ', 'build: +']);
    project.write('package.json', '3');
    t.deepEqual((await project.run()).warnings, [], 'it was saved anew');
  });
}

test('a cache that the guest cannot unpack is dropped with its words, and the build goes on', async (t) => {
  const guest = cachingGuest([]);
  using project = new FakeProject(FILES, (command, machine) =>
    command.includes('--same-owner') ? { exitCode: 1, stderr: 'tar: No space left\n' } : guest(command, machine),
  );
  await project.run();
  project.write('package.json', '2');
  const run = await project.run();
  t.is(run.outcomes, 'restored restored restored ran ran');
  t.regex(run.warnings.join('\n'), /the cache \/c cannot be unpacked and was dropped: tar: No space left/);
});

test('a cache that cannot be saved costs a warning, and what was stored stays', async (t) => {
  const seen: string[] = [];
  const guest = cachingGuest(seen);
  using project = new FakeProject(FILES, (command, machine) =>
    seen.length > 2 && command.includes('--one-file-system')
      ? { exitCode: 2, stderr: 'tar: no' }
      : guest(command, machine),
  );
  await project.run();
  const before = generation(project);
  project.write('package.json', '2');
  const run = await project.run();
  t.is(run.result.outcome, 'succeeded');
  t.regex(run.warnings.join('\n'), /the cache \/c could not be saved, what was stored before stays: tar: no/);
  t.is(generation(project), before);
});

test('a run that changed nothing does not replace what another run saved meanwhile', async (t) => {
  const seen: string[] = [];
  let meanwhile: (() => Promise<void>) | null = null;
  const guest = cachingGuest(seen);
  using project = new FakeProject(FILES, async (command, machine) => {
    if (command.includes('build') && meanwhile !== null) {
      const other = meanwhile;
      meanwhile = null;
      await other();
    }
    return guest(command, machine);
  });
  await project.run();
  meanwhile = async () => {
    await project.run({ force: ['4'] });
  };
  const outer = await project.run({ force: ['5'] });
  t.is(outer.result.outcome, 'succeeded');
  project.write('package.json', '2');
  await project.run();
  t.is(seen.at(-1), 'build: +++');
});

test('clones of one repository share its caches, other repositories do not', async (t) => {
  const seen: string[] = [];
  using one = new FakeProject(FILES, cachingGuest(seen));
  one.git('remote', 'add', 'origin', 'https://token@example.org/o/n.git');
  await one.run();
  const description = readFileSync(join(generation(one), '../cache.json'), 'utf8');
  t.deepEqual(JSON.parse(description), { version: 1, repository: 'example.org/o/n', folder: '/c' });
  using two = new FakeProject(FILES, cachingGuest(seen));
  two.git('remote', 'add', 'origin', 'git@example.org:o/n');
  await two.run({ home: one.home, noCache: true });
  using three = new FakeProject(FILES, cachingGuest(seen));
  await three.run({ home: one.home, noCache: true });
  t.deepEqual(seen, ['install: ', 'build: +', 'install: +', 'build: ++', 'install: ', 'build: +']);
});

test('`~` is the home of the user, and several folders are kept each by itself', async (t) => {
  const seen: string[] = [];
  const layerfile = LAYERFILE.replace('CACHE /c', 'CACHE ~/.npm /c sub/../d');
  using project = new FakeProject({ ...FILES, Layerfile: layerfile }, cachingGuest(seen));
  const { calls } = await project.run();
  const made = calls.flatMap((call) => /^run \[ -d '(.*?)' \]/.exec(call)?.[1] ?? []);
  t.deepEqual(made, ['/c', '/root/.npm', '/root/d']);
  t.is(readdirSync(join(project.home, 'caches')).length, 1, 'empty folders are not stored');
});

for (const folder of ['/', '/proc/x', '/dev/shm', '/var', '/etc/layer/x']) {
  test(`CACHE ${folder} is refused`, async (t) => {
    using project = new FakeProject({ Layerfile: `FROM vm/debian:12\nCACHE ${folder}\n` }, cachingGuest([]));
    const { outcomes, events } = await project.run();
    t.is(outcomes, 'ran failed');
    t.true(events.some((event) => event.event === 'output' && event.text.startsWith(`CACHE cannot keep ${folder}`)));
  });
}
