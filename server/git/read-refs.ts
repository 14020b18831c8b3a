import { runGit } from './run-git.ts';

/** A branch's full name begins so: only branches become jobs. */
export const BRANCH_PREFIX = 'refs/heads/';

/** More names than any repository has. */
const MAX_LIST_BYTES = 64 * 2 ** 20;

/** More would be long for a command line, and no faster. */
const MAX_PATTERNS = 100;

/** The commit of each branch of a bare repository, by the branch's full name. */
export async function readBranches(folder: string): Promise<ReadonlyMap<string, string>> {
  return list(folder, [BRANCH_PREFIX]);
}

/** The object of each of `refs` (full names) that is there. */
export async function readRefs(folder: string, refs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (refs.length === 0) return new Map();
  const found = await list(folder, refs.length > MAX_PATTERNS ? ['refs/'] : refs);
  // A pattern names what is below it, too.
  const wanted = new Set(refs);
  return new Map([...found].filter(([ref]) => wanted.has(ref)));
}

async function list(folder: string, patterns: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...patterns];
  const text = await runGit([`--git-dir=${folder}`, ...args], { folder, maxOutputBytes: MAX_LIST_BYTES });
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))] as const));
}
