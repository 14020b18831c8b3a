import type { WebSocket } from '@fastify/websocket';

import { monotonicMs } from '../../util/monotonic.ts';
import type { FromWorker, ToWorker, WorkEnd } from '../worker/messages.ts';
import { UNACKNOWLEDGED_BYTES } from '../worker/messages.ts';
import type { Worker } from '../worker/worker-process.ts';
import type { WorkOptions } from '../worker/machine-worker.ts';
import { CLOSE } from './close-code.ts';
import { readControl, type ToBrowser } from './terminal-messages.ts';

/** As `ws` has it: whatever a frame brought, in the form that its socket was told to give it. */
type RawData = Buffer | ArrayBuffer | Buffer[];

/** What a close frame's reason may take (RFC 6455, 5.5: 125 bytes with the code). */
const MOST_REASON_BYTES = 123;

export interface TerminalLimits {
  /** Neither typed nor printed anything: it is ended. */
  readonly idleMs: number;
  /** The same where others wait for a machine. */
  readonly wantedIdleMs: number;
  /** Between pings; one that was not answered when the next is due ends it. */
  readonly pingMs: number;
  /** From the wish for a machine to the machine. */
  readonly startMs: number;
}

/** Whether anybody waits for a machine. */
export type IsMachineWanted = () => boolean;

/** One terminal: bytes between a WebSocket and a worker, each as fast as the other takes them. */
export class Terminal {
  /** Resolves when its worker, and so its machine, has ended. */
  readonly ended: Promise<void>;
  readonly #socket: WebSocket;
  readonly #worker: Worker;
  readonly #limits: TerminalLimits;
  readonly #stop = new AbortController();
  readonly #isMachineWanted: IsMachineWanted;
  readonly #ping: NodeJS.Timeout;
  #idle: NodeJS.Timeout;
  #usedAtMs = monotonicMs();
  #isAlive = true;
  #isReady = false;
  /** Typed, and not yet in the machine. */
  #unaccepted = 0;
  #doing = 'starting';

  constructor(
    socket: WebSocket,
    start: (options: WorkOptions) => Worker,
    limits: TerminalLimits,
    isMachineWanted: IsMachineWanted,
  ) {
    this.#socket = socket;
    this.#isMachineWanted = isMachineWanted;
    this.#limits = limits;
    this.#idle = this.#limit(limits.startMs, 'no machine could be had in time');
    this.#ping = setInterval(() => {
      this.#giveWay();
      this.#lookIfAlive();
    }, limits.pingMs).unref();
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('message', (data, isBinary) => this.#fromBrowser(data, isBinary));
    socket.once('close', () => this.#stop.abort(new Error('the terminal was closed')));
    this.#worker = start({ signal: this.#stop.signal, onMessage: (message) => this.#fromWorker(message) });
    this.ended = this.#finish();
  }

  /** For people. */
  get doing(): string {
    return this.#doing;
  }

  /** Tells who looks at it why, and ends the worker. */
  end(reason: string, code: number = CLOSE.normal): void {
    if (this.#stop.signal.aborted) return;
    this.#tell({ type: 'ended', message: sentence(reason), hint: null });
    this.#close(code, reason);
    this.#stop.abort(new Error(reason));
  }

  async #finish(): Promise<void> {
    const end = await this.#worker.ended;
    clearInterval(this.#ping);
    clearTimeout(this.#idle);
    if (!this.#stop.signal.aborted) this.#tellEnd(end);
  }

  #tellEnd(end: WorkEnd): void {
    const [message, code, reason] = told(end);
    this.#tell(message);
    this.#close(code, reason);
  }

  #fromWorker(message: FromWorker): void {
    if (message.type === 'printed') this.#print(Buffer.from(message.bytes, 'base64'));
    if (message.type === 'accepted') this.#accepted(message.bytes);
    if (message.type === 'state') this.#tell({ type: 'state', state: message.state });
    if (message.type === 'event') this.#event(message.event);
    if (message.type !== 'ready') return;
    this.#isReady = true;
    this.#doing = 'open';
    this.#used();
    this.#tell({ type: 'ready' });
  }

  #accepted(bytes: number): void {
    this.#unaccepted -= bytes;
    if (this.#unaccepted < UNACKNOWLEDGED_BYTES && this.#socket.isPaused) this.#socket.resume();
  }

  #event(event: Extract<FromWorker, { readonly type: 'event' }>['event']): void {
    if (event.event === 'warning') this.#tell({ type: 'warning', message: event.text });
    if (event.event !== 'activity') return;
    this.#doing = event.text;
    this.#tell({ type: 'waiting', message: event.text });
  }

  /** The worker is told of it when it has gone on: until then it waits, and with it the guest. */
  #print(bytes: Buffer): void {
    this.#used();
    this.#socket.send(bytes, { binary: true }, () => this.#say({ type: 'taken', bytes: bytes.length }));
  }

  #fromBrowser(data: RawData, isBinary: boolean): void {
    const bytes = bytesOf(data);
    this.#used();
    if (isBinary) this.#type(bytes);
    else this.#control(bytes.toString('utf8'));
  }

  #type(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#unaccepted += bytes.length;
    if (this.#unaccepted >= UNACKNOWLEDGED_BYTES) this.#socket.pause();
    this.#say({ type: 'input', bytes: bytes.toString('base64') });
  }

  #control(text: string): void {
    const control = readControl(text);
    if (control === null) this.end('a text message was no control message', CLOSE.policy);
    else this.#say(control);
  }

  #say(message: ToWorker): void {
    if (!this.#stop.signal.aborted) this.#worker.send(message);
  }

  #tell(message: ToBrowser): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #close(code: number, reason: string): void {
    // A paused one would not see the other side's answer.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(code, cut(reason));
  }

  #used(): void {
    if (!this.#isReady) return;
    clearTimeout(this.#idle);
    this.#usedAtMs = monotonicMs();
    this.#idle = this.#limit(this.#limits.idleMs, 'nobody used it for a while');
  }

  /** A build that waits is worth more than a prompt that nobody looks at. */
  #giveWay(): void {
    const isIdle = this.#isReady && monotonicMs() - this.#usedAtMs > this.#limits.wantedIdleMs;
    if (isIdle && this.#isMachineWanted())
      this.end('nobody used it for a while, and others wait for a machine', CLOSE.goingAway);
  }

  #limit(limitMs: number, reason: string): NodeJS.Timeout {
    return setTimeout(() => this.end(reason, CLOSE.goingAway), limitMs).unref();
  }

  #lookIfAlive(): void {
    // One whose input waits for the machine cannot answer.
    if (this.#socket.isPaused) return;
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }
}

/** What the browser is told of an end, and the close frame. */
function told(end: WorkEnd): readonly [message: ToBrowser, code: number, reason: string] {
  switch (end.kind) {
    case 'done':
      return [{ type: 'ended', exitCode: end.exitCode }, CLOSE.normal, 'the shell has ended'];
    case 'cancelled':
      return [{ type: 'ended', message: 'It was cancelled', hint: null }, CLOSE.goingAway, 'cancelled'];
    case 'refused':
      return [{ type: 'ended', message: end.message, hint: end.hint }, CLOSE.failure, end.message];
    case 'broken':
      // What a bug says of itself is for the server's log: it may name files of this host.
      return [{ type: 'ended', message: BROKEN, hint: null }, CLOSE.failure, 'internal error'];
  }
}

const BROKEN = 'Internal error: the terminal broke';

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function sentence(reason: string): string {
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

/** At most so many bytes, and no half of a character. */
function cut(reason: string): string {
  const bytes = Buffer.from(reason.split('\n', 1)[0] ?? '');
  return bytes.length <= MOST_REASON_BYTES
    ? bytes.toString()
    : new TextDecoder().decode(bytes.subarray(0, MOST_REASON_BYTES - 3), { stream: true });
}
