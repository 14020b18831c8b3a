const MINUTE_MS = 60_000;

export interface WebsiteLimits {
  /** How long nobody uses a machine before it is ended; 10 minutes by default. */
  readonly idleMs: number;
  /** The same while somebody waits for a machine of their own; 15 s by default. */
  readonly wantedIdleMs: number;
  /** How long a request waits for its machine; a page that somebody looks at only `pageMs`, and then shows what is being done. */
  readonly wakeMs: number;
  readonly pageMs: number;
  /** How long a guest may take to begin to answer. */
  readonly answerMs: number;
  /** For how long the end of a machine is told. */
  readonly tellMs: number;
  /** How many requests to one machine may be under way. */
  readonly mostRequests: number;
}

export const DEFAULT_LIMITS: WebsiteLimits = {
  idleMs: 10 * MINUTE_MS,
  wantedIdleMs: 15_000,
  wakeMs: 2 * MINUTE_MS,
  pageMs: 1000,
  answerMs: 5 * MINUTE_MS,
  tellMs: 5000,
  mostRequests: 256,
};
