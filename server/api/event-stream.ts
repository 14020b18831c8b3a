import { once } from 'node:events';
import { PassThrough } from 'node:stream';

/** A proxy on the way ends what is silent for a minute or so. */
const HEARTBEAT_MS = 15_000;

/** How long a browser waits before it asks again. */
const RETRY_MS = 1000;
/** When we are going down: others should not all come back in the same moment. */
const RETRY_AFTER_END_MS = 5000;

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/**
 * Server-sent events (html.spec.whatwg.org, "9.2 Server-sent events") as a stream. Whoever sends waits until the reader has taken what
 * came before, so a slow reader costs no more memory than one event and the sockets' buffers.
 */
export class EventStream {
  readonly body = new PassThrough();
  readonly #gone = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** `isAllowed` is asked with each heartbeat: a reader whose token was revoked is not sent more. */
  constructor(isAllowed: () => boolean, heartbeatMs = HEARTBEAT_MS) {
    this.body.on('close', () => this.#leave());
    this.body.on('error', () => this.#leave());
    this.body.write(`retry: ${RETRY_MS}\n\n`);
    this.#timer = setInterval(() => {
      if (!isAllowed()) this.end();
      else if (!this.body.writableNeedDrain) this.body.write(':\n\n');
    }, heartbeatMs).unref();
  }

  /** Aborted when nobody reads any more. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when more may be sent; rejects with an AbortError when nobody reads any more. */
  async send({ event, data, id }: ServerSentEvent): Promise<void> {
    this.signal.throwIfAborted();
    const head = id === undefined ? '' : `id: ${id}\n`;
    // A name or data of several lines would be other fields: data is JSON, and names are checked.
    const name = event.replace(/[^\w-]/g, '_');
    if (this.body.write(`${head}event: ${name}\ndata: ${data.replace(/[\r\n]+/g, ' ')}\n\n`)) return;
    await once(this.body, 'drain', { signal: this.signal });
  }

  /** All was sent. */
  finish(): void {
    if (!this.body.writableEnded) this.body.end();
    this.#leave();
  }

  /** Ends it; the reader comes back later. */
  end(): void {
    if (!this.body.writableEnded) this.body.end(`retry: ${RETRY_AFTER_END_MS}\n\n`);
    this.#leave();
  }

  #leave(): void {
    clearInterval(this.#timer);
    this.#gone.abort();
  }
}
