import type { WebSocket } from '@fastify/websocket';

import type { Job } from '../jobs/job.ts';
import type { StartWork } from '../worker/machine-worker.ts';
import { CLOSE } from './close-code.ts';
import { type IsMachineWanted, Terminal, type TerminalLimits } from './terminal.ts';
import { fitSize } from './terminal-messages.ts';

const MINUTE_MS = 60_000;

export interface TerminalPlace {
  readonly job: Job;
  /** Path relative to the repository's root. */
  readonly layerfile: string;
  /** As `layer shell` takes it: a number, or `NUMBER#COPY`; null: the last one, or the one that failed. */
  readonly step: string | null;
  /** In characters. */
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalOptions {
  readonly startWork: StartWork;
  /** How many there may be at once; 16 by default. Each waits for its turn to have a machine besides. */
  readonly most?: number;
  readonly limits?: Partial<TerminalLimits>;
  /** Then one that nobody uses ends sooner. By default never. */
  readonly isMachineWanted?: IsMachineWanted;
}

const LIMITS: TerminalLimits = {
  idleMs: 30 * MINUTE_MS,
  wantedIdleMs: 2 * MINUTE_MS,
  pingMs: MINUTE_MS / 2,
  startMs: 30 * MINUTE_MS,
};

/** All terminals that are open. */
export class Terminals implements AsyncDisposable {
  readonly #options: TerminalOptions;
  readonly #limits: TerminalLimits;
  readonly #open = new Map<Terminal, TerminalPlace>();
  #isClosed = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /** Passes between a socket, just opened, and a shell, until either ends. */
  open(socket: WebSocket, place: TerminalPlace): void {
    const { startWork, most = 16, isMachineWanted = () => false } = this.#options;
    // It tells its errors as closes, too.
    socket.on('error', () => undefined);
    if (this.#isClosed || this.#open.size >= most) {
      socket.close(
        CLOSE.tryAgainLater,
        this.#isClosed ? 'the server is stopping' : `${most} terminals are open already`,
      );
      return;
    }
    const { job, layerfile, step } = place;
    const work = { kind: 'terminal', layerfile, step, ...fitSize(place.columns, place.rows) } as const;
    const terminal = new Terminal(socket, (options) => startWork(job, work, options), this.#limits, isMachineWanted);
    this.#open.set(terminal, place);
    void terminal.ended.finally(() => this.#open.delete(terminal));
  }

  /** What each is, for whoever asks what the server is doing. */
  describe(): readonly string[] {
    return [...this.#open].map(
      ([terminal, { job, layerfile, step }]) =>
        `terminal in job ${job.id}, ${JSON.stringify(layerfile)} step ${step ?? 'last'}: ${terminal.doing}`,
    );
  }

  /** Ends all of them, and lets no more in. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#open.keys()];
    for (const terminal of open) terminal.end('the server is stopping', CLOSE.goingAway);
    await Promise.all(open.map(async ({ ended }) => ended));
  }
}
