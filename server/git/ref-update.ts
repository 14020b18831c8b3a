import { BRANCH_PREFIX } from './read-refs.ts';

/** What a push did to a ref. */
export interface RefUpdate {
  /** Full name. */
  readonly ref: string;
  /** Hex object ids; null: there was none, or is none any more. */
  readonly before: string | null;
  readonly after: string | null;
}

const OBJECT_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const NONE = /^0+$/;
/** What git allows in a name (git-check-ref-format(1)), and no more: nothing that a shell, a path or a pattern is made of. */
const FORBIDDEN = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|[./]$/;
const MAX_REF_LENGTH = 1024;

export function isBranchRef(ref: string): boolean {
  return ref.startsWith(BRANCH_PREFIX) && ref.length > BRANCH_PREFIX.length && isRefName(ref);
}

/** Branches, and what the server fetches of a forge's pull requests. */
export function isJobRef(ref: string): boolean {
  return isBranchRef(ref) || /^refs\/pull\/\d{1,15}\/head$/.test(ref);
}

function isRefName(ref: string): boolean {
  return ref.startsWith('refs/') && ref.length <= MAX_REF_LENGTH && !FORBIDDEN.test(ref);
}

/** `refs/heads/main` is called `main`, and `refs/pull/3/head` is `pull/3`. */
export function branchOf(ref: string): string {
  if (ref.startsWith(BRANCH_PREFIX)) return ref.slice(BRANCH_PREFIX.length);
  return ref.replace(/^refs\//, '').replace(/\/head$/, '');
}

function isObjectId(text: string): boolean {
  return OBJECT_ID.test(text);
}

/** Null for all zeros, as git and forges say that there is none; undefined for what is no object id. */
export function readObjectId(text: string): string | null | undefined {
  if (!isObjectId(text)) return undefined;
  return NONE.test(text) ? null : text;
}
