/**
 * A commit read straight from the object database.
 *
 *     npm run bench:git -- [--runs 7] [--files 8000] [--paths 50000]
 *
 * First all files of a packed repository, read by us and by `git cat-file --batch` (which writes them to /dev/null; we hash
 * them as well). Then the content digests of recorded paths, as a run decides by them when the contents were seen
 * before: of the commit, of a checkout of it, and beside them `git status`. They take turns; told are medians.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import {
  digestObservation,
  openDirectoryWorkspace,
  openGitCommit,
  openSqliteDigestMemo,
  type ObservedPath,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { median } from '../median.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    files: { type: 'string', default: '8000' },
    paths: { type: 'string', default: '50000' },
  },
});
const runs = Number(values.runs);
const scratch = mkdtempSync(join(tmpdir(), 'layer-bench-git-'));
try {
  await reading(Number(values.files));
  await deciding(Number(values.paths));
} finally {
  rmSync(scratch, { recursive: true });
}

async function reading(count: number): Promise<void> {
  const { folder, commit, paths } = makeRepository('reading', count);
  const ids = git(folder, 'ls-tree', '-r', '--format=%(objectname)', 'HEAD');
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    ours.push(
      await timed(async () => {
        using digestMemo = openSqliteDigestMemo(join(scratch, `reading-${run}.sqlite`));
        using opened = await openGitCommit({ repository: folder, commit, digestMemo, temporaryFolder: scratch });
        for (const path of paths) if (opened.workspace.read(path, 0, 1 << 20) === null) throw new Error(path);
      }),
    );
    theirs.push(
      await timed(() => {
        spawnSync('git', ['-C', folder, 'cat-file', '--batch'], { input: ids, stdio: ['pipe', 'ignore', 'inherit'] });
      }),
    );
  }
  tell(`${count} files read: ours`, ours, 'git cat-file --batch', theirs);
}

async function deciding(count: number): Promise<void> {
  const { folder, commit, paths } = makeRepository('deciding', count);
  using digestMemo = openSqliteDigestMemo(join(scratch, 'deciding.sqlite'));
  const observed = paths.map((path) => ({ path, kind: 'content' as const }));
  const checkout = (): Workspace => openDirectoryWorkspace({ root: folder, digestMemo });
  // The digests of files that were written a moment ago are not kept.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const [ours, directory, status]: [number[], number[], number[]] = [[], [], []];
  for (let run = -1; run < runs; run += 1) {
    const times = [
      await timed(async () => {
        using opened = await openGitCommit({ repository: folder, commit, digestMemo, temporaryFolder: scratch });
        digestAll(opened.workspace, observed);
      }),
      await timed(() => digestAll(checkout(), observed)),
      await timed(() => git(folder, 'status', '--porcelain')),
    ] as const;
    if (run === -1) continue;
    for (const [index, list] of [ours, directory, status].entries()) list.push(times[index] ?? NaN);
  }
  tell(`${count} paths digested: of the commit`, ours, 'of a checkout', directory);
  tell(`the same`, ours, 'git status', status);
}

function digestAll(workspace: Workspace, observed: readonly ObservedPath[]): void {
  for (const each of observed) digestObservation(workspace, each);
}

function makeRepository(
  name: string,
  count: number,
): { folder: string; commit: string; paths: readonly WorkspacePath[] } {
  const folder = join(scratch, name);
  const paths = Array.from({ length: count }, (_, index) => `src/${index % 40}/${index % 7}/module-${index}.ts`);
  for (const [index, path] of paths.entries()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), sourceText(index));
  }
  git(folder, 'init', '--quiet');
  git(folder, 'config', 'gc.auto', '0');
  git(folder, 'add', '.');
  git(folder, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '--quiet', '-m', 'files');
  git(folder, 'repack', '-adq');
  return { folder, commit: git(folder, 'rev-parse', 'HEAD').trim(), paths: paths as WorkspacePath[] };
}

/** About 3 KB that are like those of its neighbours in parts. */
function sourceText(index: number): string {
  const lines = Array.from(
    { length: 60 },
    (_, line) => `export const value${line} = ${(index * 7919 + line * 104729) % 99991};`,
  );
  return [`// module ${index}`, ...lines, ''].join('\n');
}

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function tell(what: string, ours: readonly number[], peer: string, theirs: readonly number[]): void {
  const ratio = median(ours) / median(theirs);
  console.log(
    `${what} ${median(ours).toFixed(0)} ms, ${peer} ${median(theirs).toFixed(0)} ms: ${ratio.toFixed(2)} times`,
  );
}
