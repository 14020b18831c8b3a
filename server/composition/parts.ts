import { Access } from '../access/index.ts';
import { type ApiApp, type App, makeApp, type Services } from '../api/index.ts';
import { DASHBOARD_FOLDER } from '../dashboard-files.ts';
import type { ServerDatabase } from '../database.ts';
import { StatusReporter, type WebhookAnswer, Webhooks } from '../forges/index.ts';
import { type Git, openGit } from '../git/index.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { startRecordUpkeep } from '../jobs/old-records.ts';
import { logSettings, type LogSink, ServerMetrics, type Told } from '../operations/index.ts';
import { openServerDatabase } from '../server-folder.ts';
import { jobService } from './job-service.ts';
import { OwnPlace } from './own-place.ts';
import { pushService } from './push-service.ts';
import { Readiness } from './readiness.ts';
import { repositoryService } from './repository-service.ts';
import { queueLines, streamLines } from './told-lines.ts';
import { openWorks, type Works, type WorksOptions } from './works.ts';

/** All of a server: it listens when its app does, and works when its queue has recovered. Disposing it ends all of it. */
export class Parts implements AsyncDisposable {
  readonly app: App;
  readonly access: Access;
  readonly readiness: Readiness;
  readonly queue: JobQueue;
  readonly #works: Works;
  readonly #made: ApiApp;
  readonly #git: Git;
  readonly #webhooks: Webhooks;
  readonly #statuses: StatusReporter;
  readonly #database: ServerDatabase;
  readonly #folders: PartsOptions['folders'];
  #records: Disposable | null = null;

  constructor(all: {
    readonly access: Access;
    readonly readiness: Readiness;
    readonly works: Works;
    readonly made: ApiApp;
    readonly git: Git;
    readonly webhooks: Webhooks;
    readonly statuses: StatusReporter;
    readonly database: ServerDatabase;
    readonly folders: PartsOptions['folders'];
  }) {
    this.app = all.made.app;
    this.access = all.access;
    this.readiness = all.readiness;
    this.queue = all.works.queue;
    this.#works = all.works;
    this.#made = all.made;
    this.#git = all.git;
    this.#webhooks = all.webhooks;
    this.#statuses = all.statuses;
    this.#database = all.database;
    this.#folders = all.folders;
  }

  /** Takes up what an earlier server left. */
  async recover(): Promise<void> {
    await this.queue.recover();
    this.#webhooks.resume();
    const onTrouble = (error: unknown): void => this.app.log.warn({ err: error }, 'old logs could not be removed');
    this.#records = startRecordUpkeep({ store: this.#works.store, folders: this.#folders, onTrouble });
    this.readiness.began();
  }

  describe(): readonly Told[] {
    const { queue, terminals, websites } = this.#works;
    const { taken, waiting } = this.#git.http.figures;
    return [
      ...queueLines(queue),
      { of: 'terminals', lines: terminals.describe() },
      { of: 'websites', lines: websites.describe() },
      { of: 'git', lines: [`${taken} at work, ${waiting} wait for a place`] },
      streamLines(this.#made.streams),
    ];
  }

  /** All at once: each may take its time, and there is little. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.readiness.stops();
    this.#made.streams.endAll();
    const { queue, terminals, websites } = this.#works;
    const ends: readonly AsyncDisposable[] = [terminals, websites, this.#webhooks, this.#statuses, this.#git, queue];
    this.#records?.[Symbol.dispose]();
    await Promise.all([this.app.close(), ...ends.map(async (end) => end[Symbol.asyncDispose]())]);
    this.#database[Symbol.dispose]();
  }
}

export interface PartsOptions extends WorksOptions {
  readonly host: string;
  readonly publicUrl: URL | null;
  readonly log: { readonly sink: LogSink; readonly form: 'json' | 'readable' };
  readonly version: string;
}

export async function openParts(options: PartsOptions): Promise<Parts> {
  const { folders } = options;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(openServerDatabase(folders.data));
  const access = new Access(database);
  const readiness = new Readiness(database);
  const own = new OwnPlace(options);
  const works = await openWorks(options, { database, access, own });
  const metrics = metricsOf(works, () => own.streams);
  const pushes = await openPushes(options, { database, works, own, metrics });
  const services: Services = {
    access,
    jobs: jobService(works),
    repositories: repositoryService(works.repositories, folders.data),
    git: pushes.git.http,
    webhooks: { receive: (...call) => noteRefusal(pushes.webhooks.receive(...call), metrics) },
    terminals: works.terminals,
    websites: works.websites,
    unreadiness: () => readiness.trouble(),
  };
  const log = logSettings(options.log.sink, options.log.form);
  const made = await makeApp({ services, metrics, own, log, dashboard: DASHBOARD_FOLDER, version: options.version });
  own.is(made);
  logJobs(works, made.app);
  opened.move();
  return new Parts({ access, readiness, works, made, database, folders, ...pushes });
}

/** What brings jobs from outside, and tells the outside of them. */
interface Pushes {
  readonly git: Git;
  readonly webhooks: Webhooks;
  readonly statuses: StatusReporter;
}

async function openPushes(
  { folders }: PartsOptions,
  {
    database,
    works,
    own,
    metrics,
  }: {
    readonly database: ServerDatabase;
    readonly works: Works;
    readonly own: OwnPlace;
    readonly metrics: ServerMetrics;
  },
): Promise<Pushes> {
  const { store } = works;
  const jobUrl = (id: number): string => `${own.url}/jobs/${id}`;
  const onTrouble = (repository: string, trouble: string): void => own.log(`${repository || 'git'}: ${trouble}`);
  const jobs = pushService(works, () => metrics.pushReceived());
  const common = { database, jobUrl, onTrouble };
  const isIdle = (): boolean => store.running().length + store.queued().length === 0;
  const git = await openGit({ ...common, dataFolder: folders.data, jobs, isIdle });
  const { repositories, receiver } = git;
  const recent = { ...jobs, recent: () => store.list().jobs };
  return {
    git,
    webhooks: new Webhooks({ database, repositories, receiver, onTrouble }),
    statuses: new StatusReporter({ ...common, repositories, jobs: recent }),
  };
}

function metricsOf({ store, queue }: Works, streams: () => number): ServerMetrics {
  const jobs = jobService({ store, queue });
  return new ServerMetrics({
    jobs: () => jobs.counts(),
    machines: () => jobs.runners().machines,
    workers: () => jobs.runners().workers,
    waiting: () => queue.describe().machines.wishes.filter(({ state }) => state === 'waiting').length,
    streams,
  });
}

function noteRefusal(answer: WebhookAnswer, metrics: ServerMetrics): WebhookAnswer {
  if (answer.status >= 400) metrics.webhookRefused();
  return answer;
}

function logJobs({ store }: Works, app: App): void {
  store.onChange(({ id, state, repository, branch, reason }) => {
    const [why = ''] = reason?.split('\n') ?? [];
    app.log.info({ job: id, repository, branch, state, reason }, `${repository} ${branch} ${state} ${why}`.trimEnd());
  });
}
