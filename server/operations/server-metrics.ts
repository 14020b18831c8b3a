import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is asked for when somebody collects figures. */
export interface MeasuredServer {
  readonly jobs: () => Readonly<Record<string, number>>;
  readonly machines: () => { readonly running: number; readonly limit: number };
  /** Of each kind. */
  readonly workers: () => readonly { readonly kind: string }[];
  /** How many wait for a machine. */
  readonly waiting: () => number;
  readonly streams: () => number;
}

const WORKER_KINDS = ['build', 'terminal', 'websites'];

/**
 * The server's figures for Prometheus. No label's value comes from outside: routes are told by their templates, and no repository,
 * branch or caller is named.
 */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  readonly #pushes: Counter;
  readonly #refusedWebhooks: Counter;

  constructor(server: MeasuredServer) {
    const registers = [this.#registry];
    // With the delay of the event loop among them.
    collectDefaultMetrics({ register: this.#registry });
    gauge('layer_jobs', 'Jobs by state', 'state', () => Object.entries(server.jobs()), registers);
    gauge('layer_workers', 'Worker processes by kind', 'kind', () => countOf(server.workers()), registers);
    single('layer_queue_length', 'Machines that are waited for', server.waiting, registers);
    single('layer_machines', 'Machines that run', () => server.machines().running, registers);
    single('layer_machines_limit', 'Machines that may run at once', () => server.machines().limit, registers);
    single('layer_open_streams', 'Answers that stay open', server.streams, registers);
    this.#pushes = new Counter({ name: 'layer_pushes_total', help: 'Pushes received', registers });
    this.#refusedWebhooks = new Counter({ name: 'layer_webhooks_refused_total', help: 'Webhooks refused', registers });
    this.#requests = new Histogram({
      name: 'layer_http_request_duration_seconds',
      help: 'Time to the end of the answer, streams apart',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30],
      registers,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  /** `route`: its template. */
  requestEnded(method: string, route: string, status: number, durationMs: number): void {
    this.#requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, durationMs / 1000);
  }

  pushReceived(): void {
    this.#pushes.inc();
  }

  webhookRefused(): void {
    this.#refusedWebhooks.inc();
  }
}

function single(name: string, help: string, value: () => number, registers: Registry[]): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(value());
    },
  });
}

function gauge(
  name: string,
  help: string,
  label: string,
  values: () => Iterable<readonly [string, number]>,
  registers: Registry[],
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      for (const [of, value] of values()) this.set({ [label]: of }, value);
    },
  });
}

function countOf(workers: readonly { readonly kind: string }[]): readonly (readonly [string, number])[] {
  return WORKER_KINDS.map((kind) => [kind, workers.filter((worker) => worker.kind === kind).length]);
}
