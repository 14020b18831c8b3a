/**
 * What a repository's hook and the server say to each other over the socket: a line of JSON for the push, then lines of JSON
 * back. `hook-client.ts` has no imports of ours and so says this in its own words: change both together.
 */
import { printableLine } from '../../../util/printable-text.ts';
import { BRANCH_PREFIX } from '../read-refs.ts';
import { isBranchRef, readObjectId, type RefUpdate } from '../ref-update.ts';

const HOOK_VERSION = 1;
export const MAX_MESSAGE_BYTES = 2 * 2 ** 20;

export interface HookMessage {
  /** Where the hook ran. */
  readonly folder: string;
  /** Of branches. */
  readonly updates: readonly RefUpdate[];
  /** How many more branches the push changed than a message tells of. */
  readonly more: number;
  /** `git push -o …`. */
  readonly options: readonly string[];
  readonly pushedBy: string;
  /** The push's number, where it came through this server. */
  readonly push: string | null;
}

/** `say`: a line for the pusher. `end`: that was all. */
export type HookAnswer = { readonly say: string } | { readonly end: true };

const MAX_OPTIONS = 100;
const MAX_TEXT = 1000;

/** Null for what no hook of this version says. */
export function readHookMessage(line: string): HookMessage | null {
  const said = parse(line);
  if (said === null || said['version'] !== HOOK_VERSION) return null;
  const { folder, updates, options, more, pushedBy, push } = said;
  if (typeof folder !== 'string' || !folder.startsWith('/') || !Array.isArray(updates)) return null;
  const read = updates.map(readUpdate);
  if (read.includes(null)) return null;
  return {
    folder,
    updates: read.filter((update) => update !== null),
    more: typeof more === 'number' && more > 0 ? more : 0,
    options: texts(options).slice(0, MAX_OPTIONS),
    pushedBy: printableLine(texts([pushedBy])[0] ?? '').slice(0, 200) || 'unknown',
    push: texts([push])[0] ?? null,
  };
}

function readUpdate(update: unknown): RefUpdate | null {
  const [before, after, ref] = texts(update);
  const [was, is] = [readObjectId(before ?? ''), readObjectId(after ?? '')];
  if (was === undefined || is === undefined || ref === undefined) return null;
  return ref.startsWith(BRANCH_PREFIX) && isBranchRef(ref) ? { ref, before: was, after: is } : null;
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function texts(value: unknown): readonly string[] {
  const given = Array.isArray(value) ? (value as unknown[]) : [];
  return given.filter((text): text is string => typeof text === 'string' && text.length <= MAX_TEXT + 100);
}
