import { lstatSync, readFileSync } from 'node:fs';

import { identityOf } from '../util/file-identity.ts';
import type { HostPath } from './host-path.ts';

/** Files longer than this hold no ignore rules anyone wrote. */
export const MAX_RULE_FILE_BYTES = 16 * 1024 * 1024;

interface Parsed<Rules> {
  readonly identity: string;
  readonly rules: Rules | null;
}

/**
 * Files of ignore rules, parsed once for each of their identities. `epoch` grows whenever one of them was seen to appear,
 * change or vanish.
 */
export class RuleFiles<Rules> {
  readonly #parse: (text: string) => Rules;
  readonly #parsed = new Map<string, Parsed<Rules>>();
  #epoch = 0;

  /** `parse` gets the file as latin1 without byte order mark. */
  constructor(parse: (text: string) => Rules) {
    this.#parse = parse;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The rules in the file at `path` as it is now; null where it is missing. As in git, a symlink is not followed. */
  read(path: HostPath): Rules | null {
    const identity = regularFileIdentity(path);
    const key = typeof path === 'string' ? path : path.toString('latin1');
    const known = this.#parsed.get(key);
    if (known?.identity === identity) return known.rules;
    if (known !== undefined) this.#epoch++;
    const text = identity === '' ? null : readText(path);
    const rules = text === null ? null : this.#parse(text);
    this.#parsed.set(key, { identity, rules });
    return rules;
  }
}

function regularFileIdentity(path: HostPath): string {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true && stats.size <= MAX_RULE_FILE_BYTES ? identityOf(stats) : '';
  } catch {
    return '';
  }
}

/** Null for a file that cannot be read: git warns and goes on without it. */
function readText(path: HostPath): string | null {
  try {
    return withoutByteOrderMark(readFileSync(path, 'latin1'));
  } catch {
    return null;
  }
}

/** `text` is latin1. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\xef\xbb\xbf/, '');
}
