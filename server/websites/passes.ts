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
 * A ticket is in a URL, so it counts once and for a minute; a pass is in a cookie, for as long as its owner's token counts. Both
 * are for one website. None is stored, here or on disk: only its hash is kept, by which a guess cannot be timed.
 */
export class Passes {
  readonly #options: PassOptions;
  readonly #tickets = new Map<string, Right>();
  readonly #passes = new Map<string, Right>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  ticket(id: WebsiteId, caller: Caller): string {
    return this.#give(this.#tickets, { id, caller, untilMs: this.#options.now() + TICKET_MS }, MOST_TICKETS);
  }

  /** A pass for a ticket, which then counts no more; null where it does not count. */
  redeem(id: WebsiteId, ticket: string): string | null {
    const key = keyOf(ticket);
    const right = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (right === undefined || !this.#counts(right, id)) return null;
    return this.#give(this.#passes, { ...right, untilMs: this.#options.now() + PASS_MS }, MOST_PASSES);
  }

  /** Whether one of these is a pass for that website: somebody else may have had the browser send others besides. */
  lets(id: WebsiteId, passes: readonly string[]): boolean {
    return passes.some((pass) => {
      const right = this.#passes.get(keyOf(pass));
      return right !== undefined && this.#counts(right, id);
    });
  }

  #counts(right: Right, id: WebsiteId): boolean {
    return right.id === id && right.untilMs > this.#options.now() && this.#options.isKnown(right.caller);
  }

  #give(rights: Map<string, Right>, right: Right, most: number): string {
    const secret = randomBytes(32).toString('base64url');
    rights.set(keyOf(secret), right);
    const [oldest] = rights.keys();
    if (rights.size > most && oldest !== undefined) rights.delete(oldest);
    return secret;
  }
}

export const PASS_SECONDS = PASS_MS / 1000;

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
