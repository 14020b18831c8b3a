import { rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import type { Caller } from '../access/caller.ts';
import type { Job } from '../jobs/job.ts';
import type { StartWork } from '../worker/machine-worker.ts';
import { type ExposingMachine, exposingMachines } from './exposed-website.ts';
import { Entrance } from './entrance.ts';
import { Passes } from './passes.ts';
import { passRequest, passUpgrade } from './pass-to-guest.ts';
import { rawPage, sendPage } from './pages.ts';
import { websiteAddress, withTicket, PATH_FORM } from './website-address.ts';
import { type WebsiteId, WebsiteIds } from './website-id.ts';
import type { KnownWebsite } from './known-website.ts';
import { DEFAULT_LIMITS, type WebsiteLimits } from './website-limits.ts';
import { WebsiteMachine } from './website-machine.ts';

/** The ones that nobody had a ticket for in the longest time go first: their passes count no more. */
const MOST_KNOWN = 1000;

export interface WebsiteOptions {
  readonly startWork: StartWork;
  /** The events of a job's last run so far, as JSON, one after the other; it ends with what there is. */
  readonly eventsOf: (job: Job) => AsyncIterable<string>;
  readonly isKnown: (caller: Caller) => boolean;
  /** The port that the server listens on. */
  readonly port: () => number;
  /** What people outside call the server; null: only this host's own names. */
  readonly publicUrl?: URL | null;
  readonly limits?: Partial<WebsiteLimits>;
  /** For tests. */
  readonly now?: () => number;
}

/** A website of a job, as lists have it. */
export interface ListedWebsite {
  readonly layerfile: string;
  readonly copy?: number;
  /** Where it begins: what EXPOSE WEBSITE says. */
  readonly path: string;
  readonly id: WebsiteId;
}

export interface TicketWish {
  /** Below a SPLIT; else null. */
  readonly copy?: number | null;
  /** The `Host` by which the one who asks has come to the server; where it is absent, a name of this host's own. */
  readonly host?: string | undefined;
}

/** All websites of all jobs. */
export class Websites implements AsyncDisposable {
  readonly #options: WebsiteOptions;
  readonly #limits: WebsiteLimits;
  readonly #ids = new WebsiteIds();
  readonly #passes: Passes;
  readonly #entrance: Entrance;
  readonly #folder = makeTemporaryFolder('layer-websites');
  /** Those that somebody has a ticket for. */
  readonly #known = new Map<WebsiteId, KnownWebsite>();
  /** By job and run. */
  readonly #exposed = new Map<string, readonly ExposingMachine[]>();
  #sockets = 0;
  /** How many wait for a machine of their own. */
  #needs = 0;
  #isClosed = false;

  constructor(options: WebsiteOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#passes = new Passes({ isKnown: options.isKnown, now: options.now ?? Date.now });
    this.#entrance = new Entrance(this.#passes, (host) => this.#dashboard(host));
  }

  /** What the machines of the job's last run expose, of those that are saved. */
  async list(job: Job): Promise<readonly ListedWebsite[]> {
    const machines = await this.#exposing(job);
    return machines.flatMap(({ layerfile, copy, paths }) => {
      const id = this.#ids.of(job.id, layerfile, copy);
      return paths.map((path) => ({ layerfile, ...(copy === null ? {} : { copy }), path, id }));
    });
  }

  /** A URL that lets whoever opens it in, once and soon; null where that machine exposes nothing. */
  async ticket(
    job: Job,
    layerfile: string,
    caller: Caller,
    { copy = null, host }: TicketWish = {},
  ): Promise<string | null> {
    const machines = await this.#exposing(job);
    const machine = machines.find((each) => each.layerfile === layerfile && each.copy === copy);
    const path = machine?.paths[0];
    if (machine === undefined || path === undefined) return null;
    const id = this.#ids.of(job.id, layerfile, copy);
    this.#know(id, job, machine);
    return this.#url(id, withTicket(path, this.#passes.ticket(id, caller)), host);
  }

  /** Whether a request is for a website, and not for the server itself. */
  isFor(request: IncomingMessage): boolean {
    return websiteAddress(request) !== null;
  }

  /** Answers a request for a website. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    const entered = this.#enter(request);
    if (entered.kind === 'page') sendPage(request, response, entered.page);
    else if (entered.kind === 'redirect') response.writeHead(entered.status, entered.headers).end();
    else void passRequest(entered, request, response).catch(() => response.destroy());
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const entered = this.#enter(request);
    if (!(socket instanceof Socket) || entered.kind === 'redirect') socket.destroy();
    else if (entered.kind === 'page') socket.end(rawPage(entered.page));
    else void passUpgrade(entered, request, socket, head).catch(() => socket.destroy());
  }

  /** Somebody waits for a machine, until what this returns is disposed: those that nobody uses end sooner meanwhile. */
  yield(): Disposable {
    this.#needs += 1;
    this.#lookIfIdle();
    const over = new DisposableStack();
    over.defer(() => (this.#needs -= 1));
    return over;
  }

  /** What each is doing, for whoever asks what the server is doing. */
  describe(): readonly string[] {
    return [...this.#known.values()]
      .filter(({ machine }) => machine.isAwake)
      .map(
        ({ job, layerfile, machine }) =>
          `websites of job ${job.id}, ${JSON.stringify(layerfile)}: ${machine.doing ?? 'awake'}`,
      );
  }

  /** Ends all machines, and wakes no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#known.values()].map(async ({ machine }) => machine.sleep('the server is stopping')));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #enter(request: IncomingMessage): ReturnType<Entrance['enter']> {
    const known = (id: WebsiteId): KnownWebsite | undefined => (this.#isClosed ? undefined : this.#known.get(id));
    return this.#entrance.enter(request, known, this.#limits);
  }

  /** What a run that has ended exposes does not change, and its log may be long. */
  async #exposing(job: Job): Promise<readonly ExposingMachine[]> {
    const key = `${job.id} ${job.runs} ${job.state}`;
    const found = this.#exposed.get(key) ?? (await exposingMachines(this.#options.eventsOf(job)));
    if (job.endedAtMs !== null) this.#exposed.set(key, found);
    const [oldest] = this.#exposed.keys();
    if (this.#exposed.size > MOST_KNOWN && oldest !== undefined) this.#exposed.delete(oldest);
    return found;
  }

  /** One that is awake stays as it is, though its job may have run once more. */
  #know(id: WebsiteId, job: Job, machine: ExposingMachine): void {
    const known = this.#known.get(id);
    this.#known.delete(id);
    this.#known.set(id, known?.machine.isAwake === true ? known : this.#website(job, machine));
    const asleep = [...this.#known].find(([, each]) => !each.machine.isAwake);
    if (this.#known.size > MOST_KNOWN && asleep !== undefined) this.#known.delete(asleep[0]);
  }

  #website(job: Job, { layerfile, copy, leastSteps }: ExposingMachine): KnownWebsite {
    const machine = new WebsiteMachine({
      start: (socket, options) =>
        this.#options.startWork(job, { kind: 'websites', layerfile, copy, leastSteps, socket }, options),
      newSocket: () => join(this.#folder, `${++this.#sockets}.sock`),
      idleMs: () => (this.#needs > 0 ? this.#limits.wantedIdleMs : this.#limits.idleMs),
      tellMs: this.#limits.tellMs,
    });
    return { job, layerfile, machine };
  }

  #lookIfIdle(): void {
    for (const { machine } of this.#known.values()) machine.lookIfIdle();
  }

  /** Under a host of its own, where the one who asks is at this computer: names that end in `.localhost` lead nowhere else. */
  #url(id: WebsiteId, target: string, host = 'localhost'): string {
    const [, name = '', port] = /^(.*?)(?::(\d{1,5}))?$/.exec(host) ?? [];
    const ownPort = port ?? String(this.#options.port());
    if (LOOPBACK.test(name)) return `http://${id}.localhost:${ownPort}${target}`;
    return `${this.#options.publicUrl?.origin ?? `http://${host}`}${PATH_FORM}${id}${target}`;
  }

  #dashboard(host: string | undefined): string {
    const [, port] = /:(\d{1,5})$/.exec(host ?? '') ?? [];
    return this.#options.publicUrl?.origin ?? `http://localhost:${port ?? String(this.#options.port())}`;
  }
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
