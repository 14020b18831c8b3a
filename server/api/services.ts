/**
 * What the API needs of the other rooms: it is written against these, and tested with stand-ins. `server/serve.ts` puts the true ones in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { WebSocket } from '@fastify/websocket';

import type { Access, Caller } from '../access/index.ts';
import type { ShownSettings } from '../git/repository-settings.ts';
import type { JobAction } from '../jobs/job-action.ts';
import type { ButtonPlace, Job, JobRequest, JobRun, JobState } from '../jobs/job.ts';
import type { RepositoryChange, SecretList } from './schemas/repositories.ts';
import type { Runners } from './schemas/runners.ts';
import type { WebsiteList } from './schemas/websites.ts';

/** A line of a run's events; `id` is the byte after it, with which reading goes on behind it. */
export interface EventLineRead {
  readonly id: number;
  /** JSON, without a line feed. */
  readonly line: string;
}

export interface EventsFrom {
  readonly byte: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface Page {
  readonly jobs: readonly Job[];
  readonly next: number | null;
}

export interface JobService {
  get(id: number): Job | null;
  list(search: string, page: { readonly before?: number; readonly limit: number }): Page;
  runs(id: number): readonly JobRun[];
  /** How many there are of each state. */
  counts(): Readonly<Record<JobState, number>>;
  onChange(listener: (job: Job) => void): Disposable;
  /** Of a run, from 1: the one that is to come begins with it. With `follow`, waits for more until it has ended, or `signal` is aborted. Null: there is no such run. */
  events(id: number, run: number, from: EventsFrom): AsyncIterable<EventLineRead> | null;
  /** Those that have ended since, in any order. */
  endedSince(sinceMs: number, repository: string | null): readonly Job[];
  /** Path of a file that the run left; null where it left none. */
  recording(id: number, run: number, kind: 'report' | 'timeline'): string | null;
  /** Durable when it returns. */
  submit(request: JobRequest): Job;
  cancel(id: number, by: string): JobAction;
  retry(id: number): JobAction;
  press(id: number, place: ButtonPlace): JobAction;
  runners(): Runners;
}

/** A commit of a repository, as a job needs it. */
export type FoundCommit = Pick<JobRequest, 'ref' | 'branch' | 'commit' | 'title' | 'author'>;

export interface RepositoryService {
  names(): readonly string[];
  /** Null: there is no such repository. */
  settings(name: string): ShownSettings | null;
  /** False where there is one of that name. */
  create(name: string): Promise<boolean>;
  change(name: string, change: RepositoryChange): void;
  /** Null where `revision` names no commit. */
  find(name: string, revision: string): Promise<FoundCommit | null>;
  secrets(name: string): SecretList;
  setSecret(name: string, secret: string, value: string): void;
  /** False where there was none. */
  removeSecret(name: string, secret: string): boolean;
}

/** git's smart HTTP. It answers by itself, and refuses what a caller of that role may not do. */
export interface GitService {
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    of: { readonly repository: string; readonly caller: Caller },
  ): Promise<void>;
}

export interface WebhookAnswer {
  /** HTTP's. */
  readonly status: number;
  readonly message: string;
}

export interface WebhookService {
  /** Checks the signature over `body`, as it came. */
  receive(
    repository: string,
    headers: IncomingMessage['headers'],
    body: Buffer,
  ): WebhookAnswer | Promise<WebhookAnswer>;
}

export interface TerminalPlace {
  readonly job: Job;
  readonly layerfile: string;
  readonly step: string | null;
  readonly columns: number;
  readonly rows: number;
  readonly caller: Caller;
}

export interface TerminalService {
  open(socket: WebSocket, place: TerminalPlace): void;
}

export interface WebsiteService {
  list(job: Job): Promise<WebsiteList>;
  /** Null where that Layerfile exposes none. `host`: the `Host` by which the caller has come. */
  ticket(
    job: Job,
    layerfile: string,
    caller: Caller,
    of: { readonly copy?: number | null; readonly host?: string | undefined },
  ): Promise<string | null>;
  /** Whether a request is for a machine's website, and not for us. Such ones go past the API. */
  isFor(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface Services {
  readonly access: Access;
  readonly jobs: JobService;
  readonly repositories: RepositoryService;
  readonly git: GitService;
  readonly webhooks: WebhookService;
  readonly terminals: TerminalService;
  readonly websites: WebsiteService;
  /** Null: ready; otherwise what is wrong, for /readyz. */
  readonly unreadiness: () => string | null;
}
