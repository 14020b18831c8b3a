import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { printableLine } from '../../util/printable-text.ts';
import type { ServerDatabase } from '../database.ts';
import { type ForgeSettings, type PushReceiver, type Repositories, Turns } from '../git/index.ts';
import { EventInbox, type StoredEvent } from './event-inbox.ts';
import { forgeAddress } from './forge-address.ts';
import { headerOf, WEBHOOK_KINDS } from './forge-kinds.ts';
import { readBody } from './read-body.ts';
import { isSigned } from './signature.ts';
import { takeEvent } from './take-event.ts';

/** What the forge is answered. */
export interface WebhookAnswer {
  /** HTTP's. */
  readonly status: number;
  readonly message: string;
}

export interface WebhooksOptions {
  /** With FORGE_TABLES. */
  readonly database: ServerDatabase;
  readonly repositories: Repositories;
  readonly receiver: PushReceiver;
  /** What went wrong with a repository, for who runs the server; without secrets. */
  readonly onTrouble?: (repository: string, trouble: string) => void;
  /** How long to wait before each next try. */
  readonly pausesMs?: readonly number[];
}

export const MAX_WEBHOOK_BYTES = 2 ** 20;
const PAUSES_MS = [5000, 30_000, 120_000, 600_000];
/** Of a delivery's number. */
const MAX_MARK = 500;

/**
 * Webhooks of forges. One that is signed and new is written down, answered, and then acted on: what a killed server left to be
 * done is done at the next start ({@link resume}).
 */
export class Webhooks implements AsyncDisposable {
  readonly #options: WebhooksOptions;
  readonly #inbox: EventInbox;
  readonly #turns = new Turns();
  readonly #ending = new AbortController();
  readonly #underway = new Set<Promise<void>>();

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#inbox = new EventInbox(options.database);
  }

  /** `body`: the bytes as they came, which are what is signed. Never throws for what the request is. */
  receive(name: string, headers: IncomingHttpHeaders, body: Buffer): WebhookAnswer {
    if (body.length > MAX_WEBHOOK_BYTES) return { status: 413, message: 'A webhook may have 1 MiB' };
    const repository = this.#options.repositories.open(name);
    const forge = repository?.settings.forge ?? null;
    const kind = WEBHOOK_KINDS[forge?.kind ?? 'github'];
    // The same answer, in the same time, for a repository that is not there.
    if (!isSigned(kind, headers, body, forge?.webhookSecret ?? null) || repository === null || forge === null)
      return { status: 401, message: 'The signature is not right' };
    const payload = readBody(headers['content-type'] ?? '', body);
    if (payload === undefined) return { status: 400, message: 'The body is no JSON' };
    const reading = kind.read(headerOf(headers, kind.eventHeaders), payload);
    if (reading.kind === 'bad') return { status: 422, message: `This cannot be used: ${reading.problem}` };
    if (reading.kind === 'ignored') return { status: 202, message: `Ignored: ${reading.why}` };
    if (!isOf(forge, reading.project)) return { status: 422, message: 'This is about another repository' };
    const marks = marksOf(headerOf(headers, kind.deliveryHeaders), kind.proof, body);
    const stored = this.#inbox.accept(name, marks, reading.event);
    if (stored === null) return { status: 409, message: 'This was received before' };
    this.#begin(stored);
    return { status: 202, message: 'Accepted' };
  }

  /** Goes on with what was left to be done. To be called once, at the start. */
  resume(): void {
    for (const stored of this.#inbox.pending()) this.#begin(stored);
  }

  /** Resolves when nothing is left to be done now. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  /** Ends what is under way; it is done at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.settled();
  }

  #begin(stored: StoredEvent): void {
    const done = this.#pursue(stored);
    this.#underway.add(done);
    void done.then(() => this.#underway.delete(done));
  }

  /** One event of a repository at a time; while one waits to be tried again, others have their turn. */
  async #pursue(stored: StoredEvent): Promise<void> {
    const { pausesMs = PAUSES_MS, onTrouble } = this.#options;
    const { signal } = this.#ending;
    for (let tried = stored.tries; !signal.aborted; tried++) {
      try {
        await this.#turns.take(stored.repository, () => this.#act(stored));
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (this.#isEnding()) return;
        onTrouble?.(stored.repository, `cannot take what its forge told: ${printableLine(message)}`);
        const pauseMs = pausesMs[tried];
        if (pauseMs === undefined) {
          this.#inbox.done(stored.id);
          return;
        }
        this.#inbox.failed(stored.id);
        await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  async #act({ id, repository: name, event }: StoredEvent): Promise<void> {
    const { repositories, receiver } = this.#options;
    const repository = repositories.open(name);
    if (repository !== null)
      await takeEvent({ repositories, receiver, signal: this.#ending.signal }, repository, event);
    this.#inbox.done(id);
  }
}

/**
 * What a webhook is known by again. Where the signature is over the body, the number beside it could be anything, so the
 * body counts, too. GitLab's token signs nothing, and two of its pushes may have the same body.
 */
function marksOf(delivery: string, proof: 'hmac' | 'token', body: Buffer): readonly string[] {
  const number = `number ${delivery.slice(0, MAX_MARK)}`;
  const content = `body ${body.toString('latin1')}`;
  if (delivery === '') return [content];
  return proof === 'hmac' ? [number, content] : [number];
}

function isOf(forge: ForgeSettings, project: string): boolean {
  return forgeAddress(forge).project.toLowerCase() === project.toLowerCase();
}
