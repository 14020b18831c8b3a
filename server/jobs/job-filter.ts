import { JOB_STATES, type JobState } from './job.ts';

/** One condition of a search. */
export type JobTerm =
  | { readonly kind: 'repository' | 'branch'; readonly value: string }
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'state'; readonly state: JobState }
  /** `exact`: as it is written; else in any case. */
  | { readonly kind: 'text'; readonly text: string; readonly exact: boolean };

/**
 * What jobs are searched for: all of `wanted` hold, but of several repositories, branches, ids or states one is enough; none
 * of `unwanted` does. `problems`: what of the text was left out, for people.
 */
export interface JobFilter {
  readonly wanted: readonly JobTerm[];
  readonly unwanted: readonly JobTerm[];
  readonly problems: readonly string[];
}

export const EVERY_JOB: JobFilter = { wanted: [], unwanted: [], problems: [] };

const MOST_CHARACTERS = 1000;
const MOST_WORDS = 40;
/** A minus, a key with its colon, and a value in quotes (to the end, where they are not closed) or up to a blank. */
const WORD = /(-?)([a-z]+:)?(?:"([^"]*)(?:"|$)|(\S+))/gu;
const STATE_WORDS: Readonly<Record<string, JobState>> = {
  ...Object.fromEntries(JOB_STATES.map((state) => [state, state])),
  done: 'succeeded',
};

interface Word {
  readonly minus: boolean;
  /** Without its colon; null: free text. */
  readonly key: string | null;
  readonly value: string;
  readonly quoted: boolean;
}

/**
 * Reads what a person typed: `repo:x branch:y id:7 status:running`, words of the title, the commit, the branch, the
 * repository, the author or the pusher, `"exact text"`, and a minus before any of them.
 */
export function parseJobFilter(text: string): JobFilter {
  const problems: string[] = [];
  if (text.length > MOST_CHARACTERS) problems.push(`only the first ${MOST_CHARACTERS} characters are searched for`);
  const words = [...text.slice(0, MOST_CHARACTERS).matchAll(WORD)].map(wordOf).filter(({ value }) => value !== '');
  if (words.length > MOST_WORDS) problems.push(`only the first ${MOST_WORDS} words are searched for`);
  const terms = words.slice(0, MOST_WORDS).flatMap((word) => {
    const term = termOf(word);
    if (typeof term !== 'string') return [{ term, minus: word.minus }];
    problems.push(term);
    return [];
  });
  return {
    wanted: terms.filter(({ minus }) => !minus).map(({ term }) => term),
    unwanted: terms.filter(({ minus }) => minus).map(({ term }) => term),
    problems,
  };
}

function wordOf([whole, minus = '', colonKey, quoted, plain = '']: RegExpExecArray): Word {
  const key = colonKey?.slice(0, -1) ?? null;
  const isKnown = key === null || ['repo', 'branch', 'id', 'status'].includes(key);
  if (!isKnown) return { minus: minus !== '', key: null, value: whole.slice(minus.length), quoted: false };
  return { minus: minus !== '', key, value: quoted ?? plain, quoted: quoted !== undefined };
}

/** The term, or what is wrong with it. */
function termOf({ key, value, quoted }: Word): JobTerm | string {
  switch (key) {
    case 'repo':
      return { kind: 'repository', value };
    case 'branch':
      return { kind: 'branch', value };
    case 'id':
      return /^#?[1-9]\d{0,14}$/.test(value)
        ? { kind: 'id', id: Number(value.replace('#', '')) }
        : `id:${value} is no job's number`;
    case 'status': {
      const state = Object.hasOwn(STATE_WORDS, value) ? STATE_WORDS[value] : undefined;
      return state === undefined ? `status: can be ${Object.keys(STATE_WORDS).join(', ')}` : { kind: 'state', state };
    }
    default:
      return { kind: 'text', text: value, exact: quoted };
  }
}
