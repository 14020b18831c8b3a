import { GitFailed, runGit } from './run-git.ts';

/** What people see of a commit; somebody else wrote it. */
export interface CommitWords {
  /** First line of its message, at most 500 characters. */
  readonly title: string;
  /** At most 200 characters. */
  readonly author: string;
}

const MAX_TITLE = 500;
const MAX_AUTHOR = 200;
const MAX_OUTPUT_BYTES = 4 * 2 ** 20;
const NO_WORDS: CommitWords = { title: '', author: '' };

/** The words of each of `commits` (hex ids) that the repository has, by one call of git. Where they are endless, none. */
export async function readCommits(
  folder: string,
  commits: readonly string[],
): Promise<(commit: string) => CommitWords> {
  if (commits.length === 0) return () => NO_WORDS;
  const args = ['log', '--no-walk=unsorted', '--no-show-signature', '--encoding=UTF-8', '--ignore-missing'];
  const call = { folder, input: `${commits.join('\n')}\n`, maxOutputBytes: MAX_OUTPUT_BYTES };
  try {
    const text = await runGit([`--git-dir=${folder}`, ...args, '--format=%H%x00%an%x00%s%x00', '--stdin'], call);
    const words = wordsOf(text);
    return (commit) => words.get(commit) ?? NO_WORDS;
  } catch (error) {
    // A job does not need them.
    if (error instanceof GitFailed) return () => NO_WORDS;
    throw error;
  }
}

function wordsOf(text: string): ReadonlyMap<string, CommitWords> {
  const fields = text.split('\0');
  const words = new Map<string, CommitWords>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [commit = '', author = '', title = ''] = fields.slice(at, at + 3);
    words.set(commit.trim(), { title: title.slice(0, MAX_TITLE), author: author.slice(0, MAX_AUTHOR) });
  }
  return words;
}
