import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import {
  createMemoryDigestMemo,
  createTracer,
  digestObservation,
  openDirectoryWorkspace,
  type Workspace,
  type WorkspacePath,
} from '../../../fs-tracer/index.ts';
import { FuseClient } from '../../helpers/fuse-client.ts';
import { Scratch } from '../../helpers/shared-base.ts';
import { CaseFolder } from './case-folder.ts';

/* File systems on which names and times tell less than usual, on loop devices. */

interface Mounted {
  readonly folder: string;
  readonly why: string | null;
}

const scratch = new Scratch();
const poor = mount('seconds', ['-I', '128']);
const folding = mount('folding', ['-O', 'casefold', '-E', 'encoding=utf8']);
test.after.always(() => {
  for (const { folder, why } of [poor, folding]) if (why === null) execFileSync('umount', [folder]);
  scratch[Symbol.dispose]();
});

/** `mkfs.ext4` with these options, mounted; or why not. */
function mount(name: string, options: readonly string[]): Mounted {
  const folder = join(scratch.folder, name);
  if (process.getuid?.() !== 0) return { folder, why: 'only root may mount a file system' };
  const image = `${folder}.img`;
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, 16 << 20);
  try {
    execFileSync('mkfs.ext4', ['-q', '-F', ...options, image], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'loop', image, folder], { stdio: 'pipe' });
    return { folder, why: null };
  } catch {
    return { folder, why: `this host cannot mount ext4 with ${options.join(' ')}` };
  }
}

function mountedTest(
  title: string,
  { folder, why }: Mounted,
  body: (t: ExecutionContext, folder: string) => Promise<void> | undefined,
): void {
  if (why !== null) test.serial.skip(`${title} (skipped: ${why})`, () => undefined);
  else
    test.serial(title, async (t) => {
      await body(t, join(folder, 'work'));
    });
}

const path = (text: string): WorkspacePath => text as WorkspacePath;

mountedTest('where times have whole seconds only, an edit within the second counts', poor, (t, root) => {
  const folder = new CaseFolder(root).write('f', 'text 0\n');
  const digestMemo = createMemoryDigestMemo();
  const seen = new Set<string>();
  const identities = new Set<string>();
  for (let edit = 1; edit <= 5; edit++) {
    const workspace = openDirectoryWorkspace({ root, digestMemo });
    seen.add(digestObservation(workspace, { path: path('f'), kind: 'content' }));
    identities.add(workspace.identity(path('f')));
    folder.writeUnnoticed('f', `text ${edit}\n`);
  }
  t.is(seen.size, 5);
  t.true(identities.size < 5, 'times and sizes did not tell');
});

mountedTest(
  'where times have whole seconds only, an edit during a run is named all the same',
  poor,
  async (t, root) => {
    const folder = new CaseFolder(root).write('g', 'text 0\n');
    const workspace: Workspace = openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo() });
    await using tracer = createTracer({ workspace, runStartedAtMs: Date.now(), inherited: [] });
    tracer.addView([{ at: '', source: path('') }]);
    const client = new FuseClient(tracer);
    const { nodeId } = await client.walk('0/g');
    t.is(await client.read(nodeId), 'text 0\n');
    folder.writeUnnoticed('g', 'text 1\n');
    t.deepEqual(tracer.freezeStep().changedDuringRun, [path('g')]);
  },
);

mountedTest('where a file system folds case, a name in other letters is what it says it is', folding, (t, root) => {
  const folder = new CaseFolder(root);
  execFileSync('chattr', ['+F', root]);
  const digest = (kind: 'absent' | 'content', name: string): string =>
    digestObservation(openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo() }), {
      path: path(name),
      kind,
    });
  t.is(digest('absent', 'readme'), 'absent');
  folder.write('README', 'one');
  t.is(digest('absent', 'readme'), 'present', 'the file system says that it is there, and so a guest is told');
  t.is(digest('content', 'readme'), digest('content', 'README'));
});
