import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { askGit, gitComplaint } from '../../util/ask-git.ts';
import { LayerError } from '../../util/layer-error.ts';
import { nearestName } from '../../util/nearest-name.ts';
import { findWorkspaceRoot } from '../../util/workspace-root.ts';
import type { Revision } from './revision.ts';

/** More names than anybody would choose from. */
const MOST_REFS = 5000;

/**
 * `directory` itself where that is a bare repository, which may lie in a checkout of another one (as a server's do whose
 * data folder does); else the root of the checkout that it is in. Throws `USAGE`.
 */
export function requireRepository(directory: string): string {
  if (!existsSync(join(directory, '.git')) && isBare(directory)) return directory;
  const root = findWorkspaceRoot(directory);
  if (existsSync(join(root, '.git'))) return root;
  throw new LayerError('USAGE', `--rev takes a commit of a git repository, and ${directory} is in none`, {
    hint: 'Run it in a checkout, or name one with -C DIR.',
  });
}

/** As git tells a repository from any folder (setup.c, is_git_directory). */
function isBare(folder: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name)));
}

/** Throws `USAGE` where `name` is no commit, `PACKAGE_MISSING` without git, `WORKSPACE_UNREADABLE` where git cannot use the repository. */
export function resolveRevision(root: string, name: string): Revision {
  const commit = commitOf(root, name);
  let branch: string | null | undefined;
  return {
    name,
    commit,
    get branch() {
      branch ??= branchOf(root, name);
      return branch;
    },
  };
}

function commitOf(root: string, name: string): string {
  try {
    return lineOf(askGit(root, ['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`]));
  } catch (error) {
    // Where git has no names to tell either, the fault is not the revision's.
    throw noCommit(root, name, refsOf(root), String((error as { stderr?: unknown }).stderr));
  }
}

function noCommit(root: string, name: string, refs: readonly string[], complaint: string): LayerError {
  const [, kind] = /expected commit type, but the object dereferences to (\w+) type/.exec(complaint) ?? [];
  if (kind !== undefined) return new LayerError('USAGE', `--rev is \`${name}\`, which is a ${kind} and no commit`);
  if (complaint.includes('is ambiguous'))
    return new LayerError('USAGE', `--rev is \`${name}\`, with which several objects of ${root} begin`, {
      hint: 'Write more digits of the commit.',
    });
  const near = refs.find((ref) => ref.endsWith(`/${name}`)) ?? nearestName(name, refs);
  const suggestion = near === undefined ? '' : `; did you mean \`${near}\`?`;
  return new LayerError('USAGE', `--rev is \`${name}\`, and ${root} has no such commit, branch or tag${suggestion}`, {
    hint: 'What was pushed by others is there after `git fetch`.',
  });
}

/** Branches and tags, the newest first. */
function refsOf(root: string): readonly string[] {
  const query = ['for-each-ref', '--sort=-creatordate', `--count=${MOST_REFS}`, '--format=%(refname:short)'];
  try {
    return askGit(root, [...query, 'refs/heads', 'refs/tags', 'refs/remotes'])
      .toString('utf8')
      .split('\n')
      .filter((ref) => ref !== '');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new LayerError('PACKAGE_MISSING', 'git is not installed, and --rev needs it', {
        cause,
        hint: 'Install it: `apt-get install git`.',
      });
    throw new LayerError('WORKSPACE_UNREADABLE', `git cannot read the repository ${root}: ${gitComplaint(cause)}`, {
      cause,
    });
  }
}

function branchOf(root: string, name: string): string | null {
  try {
    const full = lineOf(askGit(root, ['rev-parse', '--verify', '--symbolic-full-name', '--end-of-options', name]));
    return full.startsWith('refs/heads/') ? full.slice('refs/heads/'.length) : null;
  } catch {
    return null;
  }
}

function lineOf(output: Buffer): string {
  return output.toString('utf8').trim();
}
