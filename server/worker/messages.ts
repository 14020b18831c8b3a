/**
 * What the server and a worker say to each other, as JSON over the channel that child_process.fork makes. A worker gets exactly one
 * `begin`, ends by itself after its `ended`, and ends at once, with its machines, when the channel closes: then the server is gone.
 */
import type { BuildEvent, ShellState } from '../../runner/index.ts';
import type { ButtonPlace } from '../jobs/job.ts';

/** What every worker works on. Paths are absolute. */
export interface WorkPlace {
  /** A bare repository. */
  readonly repository: string;
  /** The commit that is the workspace. */
  readonly commit: string;
  /** The `LAYER_HOME` whose snapshots and images are used: a fork's job has another one. */
  readonly home: string;
  /** A folder laid out as a `LAYER_HOME`, whose secrets are the repository's; null: there are none. */
  readonly secretsHome: string | null;
}

/** What a worker is for. */
export type Work = BuildWork | TerminalWork | WebsiteWork;

/** Runs a job: all Layerfiles of the commit, or those at `paths`. */
export interface BuildWork {
  readonly kind: 'build';
  readonly paths: readonly string[];
  /** For BUILD ENV and SKIP REMAINING IF: what the job is, as `JOB_ID`. */
  readonly facts: Readonly<Record<string, string>>;
  /** The BUTTONs that somebody pressed. */
  readonly pressed: readonly ButtonPlace[];
  /** Where the run's end, report and timeline are left when it has ended, without `.end`, `.html` and `.json`; null: nowhere. */
  readonly record: string | null;
}

/** What is common to all that looks at what a job has left. */
interface LaterWork {
  readonly layerfile: string;
  /** As of the job's last run: with others, its machines would not be found. */
  readonly facts: BuildWork['facts'];
}

/** A terminal in a fork of the machine as it was after a step. */
export interface TerminalWork extends LaterWork {
  readonly kind: 'terminal';
  /** As `layer shell` takes it: a number, or `NUMBER#COPY`; null: the last one. */
  readonly step: string | null;
  readonly columns: number;
  readonly rows: number;
}

/** Restores a Layerfile's machine and keeps it, with its websites reachable at a Unix socket, until it is cancelled. Nothing is run. */
export interface WebsiteWork extends LaterWork {
  readonly kind: 'websites';
  /** Below a SPLIT: of which copy, from 0; else null. */
  readonly copy: number | null;
  /** How many steps the machine has behind it at least. */
  readonly leastSteps: number;
  /** Where it is to listen: a path in a folder that only this user can enter. */
  readonly socket: string;
}

/** As far may one side of a terminal be ahead of what the other has taken. */
export const UNACKNOWLEDGED_BYTES = 256 << 10;

export type ToWorker =
  | { readonly type: 'begin'; readonly place: WorkPlace; readonly work: Work }
  /** The machine of that wish has to wait: others are there. */
  | { readonly type: 'queued'; readonly wish: number }
  /** The wish of that number is granted: the machine may start. */
  | { readonly type: 'granted'; readonly wish: number }
  | { readonly type: 'cancel'; readonly reason: string }
  /** Of a terminal; base64. */
  | { readonly type: 'input'; readonly bytes: string }
  /** So many bytes of what was printed have gone on to whoever looks at it. */
  | { readonly type: 'taken'; readonly bytes: number }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number };

export type FromWorker =
  | { readonly type: 'event'; readonly event: BuildEvent }
  /** It would start a machine. */
  | { readonly type: 'wish'; readonly wish: number; readonly memoryMib: number; readonly priority: number }
  /** It does not want it any more, or the machine has ended. */
  | { readonly type: 'returned'; readonly wish: number }
  /** Of a terminal: which machine it is. */
  | { readonly type: 'state'; readonly state: ShellState }
  /** Of a terminal or of websites: the machine is there. */
  | { readonly type: 'ready' }
  /** Of a terminal; base64. */
  | { readonly type: 'printed'; readonly bytes: string }
  /** So many bytes of what was typed have gone on to the machine. */
  | { readonly type: 'accepted'; readonly bytes: number }
  | { readonly type: 'ended'; readonly end: WorkEnd };

/** `refused`: what the environment or the commit lacks; the hint says what to do. `broken`: a bug of ours. */
export type WorkEnd =
  | { readonly kind: 'done'; readonly exitCode: number | null }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly hint: string | null }
  | { readonly kind: 'broken'; readonly message: string };
