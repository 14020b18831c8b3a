import { createHash, randomBytes } from 'node:crypto';

import type { Caller } from '../access/caller.ts';
import type { WebsiteId } from './website-id.ts';

/** From the click to the page. */
const TICKET_MS = 60_000;
const PASS_MS = 12 * 60 * 60_000;
/** The oldest go first. */
const MOST_TICKETS = 1000;
const MOST_PASSES = 10_000;

/** What lets its bearer come to one website. */
interface Right {
  readonly id: WebsiteId;
  readonly caller: Caller;
  readonly untilMs: number;
}

export interface PassOptions {
  /** Whether the token or session that a ticket was given to still counts. */
  readonly isKnown: (caller: Caller) => boolean;
  readonly now: () => number;
}

/**
 * A ticket is in a URL, so it counts once and for a minute; a pass is in a cookie, for as long as its owner's token counts; its key is in
 * addresses of the path form. All are for one website. None is stored, here or on disk: only its hash is kept, by which a guess cannot be timed.
 */
export class Passes {
  readonly #options: PassOptions;
  readonly #tickets = new Map<string, Right>();
  readonly #passes = new Map<string, Right>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  ticket(id: WebsiteId, caller: Caller): string {
    const ticket = newSecret();
    keep(this.#tickets, hashOf(ticket), { id, caller, untilMs: this.#options.now() + TICKET_MS }, MOST_TICKETS);
    return ticket;
  }

  /** A pass for a ticket, which then counts no more; null where it does not count. */
  redeem(id: WebsiteId, ticket: string): string | null {
    const hash = hashOf(ticket);
    const right = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    if (right === undefined || !this.#counts(right, id)) return null;
    const pass = newSecret();
    keep(this.#passes, hashOf(keyOf(pass)), { ...right, untilMs: this.#options.now() + PASS_MS }, MOST_PASSES);
    return pass;
  }

  /** The one of these that is a pass for that website: somebody else may have had the browser send others besides. Null: none is. */
  valid(id: WebsiteId, passes: readonly string[]): string | null {
    return passes.find((pass) => this.#counts(this.#passes.get(hashOf(keyOf(pass))), id)) ?? null;
  }

  /** Whether it is the key of a pass for that website. */
  letsByKey(id: WebsiteId, key: string): boolean {
    return this.#counts(this.#passes.get(hashOf(key)), id);
  }

  #counts(right: Right | undefined, id: WebsiteId): right is Right {
    return right?.id === id && right.untilMs > this.#options.now() && this.#options.isKnown(right.caller);
  }
}

export const PASS_SECONDS = PASS_MS / 1000;

/** The key of a pass, from which the pass does not follow: 32 hex digits. */
export function keyOf(pass: string): string {
  return createHash('sha256').update(`key ${pass}`).digest('hex').slice(0, 32);
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}

function keep(rights: Map<string, Right>, hash: string, right: Right, most: number): void {
  rights.set(hash, right);
  const [oldest] = rights.keys();
  if (rights.size > most && oldest !== undefined) rights.delete(oldest);
}
