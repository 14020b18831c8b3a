import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { KnownCaller } from '../access/index.ts';
import { tooMany } from './http-error.ts';

const MINUTE_MS = 60_000;

/** How often somebody may ask, a minute. */
export interface RequestLimits {
  /** A caller with a token or a session, or an address without. */
  readonly requests: number;
  /** Wrong tokens and sessions, from one address. */
  readonly failures: number;
  /** The same, from everybody together. */
  readonly allFailures: number;
}

/** A page with its job open asks a few times a second at most; 50 pushes in 10 s are 150 requests. */
export const REQUEST_LIMITS: RequestLimits = { requests: 6000, failures: 20, allFailures: 600 };

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/** Rate limits. Whoever has a valid token is never kept out by somebody else's wrong ones, except from logging in. */
export class Guards {
  readonly #requests: Limiter;
  readonly #failures: Limiter;
  readonly #allFailures: Limiter;

  /** `app` has @fastify/rate-limit. */
  constructor(app: FastifyInstance, limits: RequestLimits) {
    const limiter = (max: number, keyGenerator: (request: FastifyRequest) => string): Limiter =>
      app.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator });
    this.#requests = limiter(limits.requests, (request) => this.#keys.get(request) ?? request.ip);
    this.#failures = limiter(limits.failures, (request) => request.ip);
    this.#allFailures = limiter(limits.allFailures, () => 'all');
  }

  readonly #keys = new WeakMap<FastifyRequest, string>();

  /** Counts a request. Throws 429 where there were too many. */
  async count(request: FastifyRequest, caller: KnownCaller | null): Promise<void> {
    if (caller !== null) this.#keys.set(request, `token ${caller.token}`);
    const counted = await this.#requests(request);
    if (!counted.isAllowed && counted.isExceeded) throw tooMany('Too many requests');
  }

  /** Counts a wrong token. Throws 429 where there were too many. */
  async countFailure(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    for (const limiter of [this.#failures, this.#allFailures]) {
      const counted = await limiter(request);
      if (!counted.isAllowed && counted.isExceeded) refuse(reply, counted.ttlInSeconds);
    }
  }

  /** Before a log-in is looked at: throws 429 where too many have failed. */
  async demandFewFailures(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    for (const limiter of [this.#failures, this.#allFailures]) {
      const counted = await limiter(request, { increment: false });
      if (!counted.isAllowed && counted.remaining === 0) refuse(reply, counted.ttlInSeconds);
    }
  }
}

function refuse(reply: FastifyReply, seconds: number): never {
  void reply.header('retry-after', seconds);
  throw tooMany('Too many wrong tokens');
}
