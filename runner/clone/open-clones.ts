import { join } from 'node:path';

import {
  composeWorkspaces,
  type DigestMemo,
  openDirectoryWorkspace,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import type { CloneInstruction, Layerfile } from '../../grammar/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { announce, type BuildContext, warn } from '../build-context.ts';
import { readRepositoryUrl, type RepositoryUrl } from '../repository-url.ts';
import { branchName, type Revision } from './choose-revision.ts';
import { type Clone, cloneId } from './clone.ts';
import type { HeldTree } from './commit-trees.ts';
import { currentBranch } from './current-branch.ts';
import { GitFailure } from '../git-command.ts';
import { mountPoint } from './mount-point.ts';
import { RepositoryMirror } from './repository-mirror.ts';

/** One repository that a Layerfile clones, before it is there. */
interface Wanted {
  readonly id: string;
  /** `Layerfile:3:1`. */
  readonly place: string;
  readonly repository: RepositoryUrl;
  readonly fallback: string | null;
  readonly root: WorkspacePath;
}

interface Opened {
  readonly clone: Clone;
  readonly workspace: Workspace;
  readonly tree: HeldTree;
}

/**
 * `context` with the repositories that the Layerfiles of its machine clone in its workspace, each as it is upstream now: asked for on every
 * run, fetched where it moved. Throws `CLONE_URL_INVALID`, and `CLONE_UNAVAILABLE` where a repository cannot be reached:
 * without it nobody knows whether what is stored still holds. What is returned holds the trees until it is disposed.
 */
export async function openClones(
  context: BuildContext,
  lineage: readonly Layerfile[],
  digestMemo: DigestMemo,
): Promise<{ readonly context: BuildContext } & Disposable> {
  const wanted = wantedBy(lineage);
  const branch = await branchOf(context);
  const held = new DisposableStack();
  try {
    const opening = await Promise.allSettled(wanted.map((want) => open(context, want, branch, digestMemo)));
    const opened = opening.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    for (const { tree } of opened) held.use(tree);
    for (const each of opening) if (each.status === 'rejected') throw each.reason;
    const workspace = composeWorkspaces(
      context.workspace,
      new Map(opened.map((each) => [each.clone.root, each.workspace])),
    );
    const clones = new Map(opened.map(({ clone }) => [clone.id, clone]));
    return { context: { ...context, memory: undefined, workspace, clones }, [Symbol.dispose]: () => held.dispose() };
  } catch (error) {
    held.dispose();
    throw error;
  }
}

function branchOf({ revision, workspaceRoot, signal }: BuildContext): Promise<string | null> {
  return revision === undefined ? currentBranch(workspaceRoot, signal) : Promise.resolve(revision.branch);
}

/** Each repository once for each DEFAULT, in the order of the Layerfiles. */
function wantedBy(lineage: readonly Layerfile[]): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const [path, instruction] of clonesOf(lineage)) {
    const id = cloneId(instruction);
    if (wanted.has(id)) continue;
    const { start } = instruction.range;
    const place = `${path}:${start.line}:${start.column}`;
    const repository = requireUrl(instruction, place);
    const root = mountPoint(repository, id, new Set([...wanted.values()].map((other) => other.root)));
    wanted.set(id, { id, place, repository, fallback: instruction.defaultBranch, root });
  }
  return [...wanted.values()];
}

function clonesOf(lineage: readonly Layerfile[]): readonly (readonly [path: string, instruction: CloneInstruction])[] {
  return lineage.flatMap(({ path, instructions }) =>
    instructions.flatMap((instruction) => (instruction.kind === 'CLONE' ? [[path, instruction] as const] : [])),
  );
}

function requireUrl({ url }: CloneInstruction, place: string): RepositoryUrl {
  const read = readRepositoryUrl(url);
  if (!('problem' in read)) return read;
  throw new LayerError('CLONE_URL_INVALID', `${place}: CLONE cannot take its files from there: ${read.problem}`, {
    hint: 'Write a URL that begins with https://, ssh:// or file://, or git@HOST:OWNER/NAME, or an absolute path.',
  });
}

async function open(
  context: BuildContext,
  want: Wanted,
  branch: string | null,
  digestMemo: DigestMemo,
): Promise<Opened> {
  const { repository, fallback, root, id } = want;
  try {
    const mirror = new RepositoryMirror(repository, join(context.home, 'clones'), context.signal);
    const found = await mirror.look({ current: branch, fallback });
    if (found === null) throw new GitFailure('it is empty: it has no commit');
    sayIfDefaultIsMissing(context, want, found);
    const held = mirror.held(found);
    if (held === null) announce(context, 'clone', `fetching ${branchName(found)} of ${repository.shown}`);
    const { revision, tree } = held === null ? await mirror.fetch(found) : { revision: found, tree: held };
    const workspace = openDirectoryWorkspace({ root: tree.folder, digestMemo, showsAll: true });
    return { clone: { id, root, shown: repository.shown, revision }, workspace, tree };
  } catch (error) {
    if (error instanceof GitFailure) throw unavailable(want, error);
    throw asStorageError(error, want);
  }
}

function sayIfDefaultIsMissing(context: BuildContext, want: Wanted, { ref }: Revision): void {
  if (want.fallback !== null && ref === 'HEAD')
    warn(context, `${want.place}: ${want.repository.shown} has no branch ${want.fallback}; its HEAD is taken`);
}

/** What the disk did, as an error that says so; anything else comes back as it is. */
function asStorageError(error: unknown, { repository }: Wanted): unknown {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined;
  if (code === undefined) return error;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new LayerError(full ? 'CACHE_FULL' : 'CACHE_UNUSABLE', `Cannot store a clone of ${repository.shown}`, {
    cause: error,
    hint: full
      ? 'Free some space, or set LAYER_HOME to a folder on a bigger disk.'
      : 'Is LAYER_HOME yours to write to?',
  });
}

function unavailable({ place, repository }: Wanted, cause: GitFailure): LayerError {
  return new LayerError('CLONE_UNAVAILABLE', `${place}: cannot clone ${repository.shown}\n${cause.message}`, {
    cause,
    hint: 'Try `git ls-remote` with this URL. Layer never asks for a password: use a credential helper or an SSH agent.',
  });
}
