import { markLost } from './connection.ts';
import { failureOf } from './request.ts';
import { expireSession } from './session.ts';
import { type ServerEvent, SseParser } from './sse-parser.ts';

/**
 * A stream of server-sent events over fetch. Not an EventSource: that one dispatches each of 100,000 lines on its own, does not
 * say why it was refused, and keeps one of the browser's six connections to a server for every tab that nobody looks at.
 */
export interface StreamOptions {
  readonly path: string;
  /** All that came at once. Returns whether that was all there will be. */
  readonly onEvents: (events: readonly ServerEvent[]) => boolean;
  /** Whenever it is there (again): what has no ids may have been missed. */
  readonly onOpen?: () => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** How long a tab that nobody looks at keeps its connection. */
const HIDDEN_MS = 20_000;

/** Follows a stream, through lost connections, until it is all there or the signal ends it. */
export async function followStream(options: StreamOptions, signal: AbortSignal): Promise<void> {
  const place = { lastId: '' };
  const stream = {};
  let waitMs = FIRST_WAIT_MS;
  let failures = 0;
  try {
    while (!signal.aborted) {
      await untilVisible(signal);
      const outcome = await readOnce(options, place, stream, signal);
      if (outcome === 'ended' || outcome === 'refused') return;
      if (outcome === 'opened') [waitMs, failures] = [FIRST_WAIT_MS, 0];
      if (outcome === 'paused') continue;
      // What is there again at once is not worth a word.
      markLost(stream, ++failures > 1);
      await pause(waitMs * (0.75 + Math.random() / 2), signal);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  } finally {
    markLost(stream, false);
  }
}

/** `opened`: it was there and broke off; `failed`: it never was; `paused`: nobody looks. */
type Outcome = 'ended' | 'refused' | 'opened' | 'failed' | 'paused';

async function readOnce(
  options: StreamOptions,
  place: { lastId: string },
  stream: object,
  signal: AbortSignal,
): Promise<Outcome> {
  const hidden = new AbortController();
  using _ = watchHidden(hidden);
  let isOpen = false;
  try {
    const headers = { accept: 'text/event-stream', ...(place.lastId === '' ? {} : { 'last-event-id': place.lastId }) };
    const response = await fetch(options.path, { headers, signal: AbortSignal.any([signal, hidden.signal]) });
    if (!response.ok || response.body === null) return await refusal(response);
    isOpen = true;
    markLost(stream, false);
    options.onOpen?.();
    return (await readBody(response.body, options, place)) ? 'ended' : 'opened';
  } catch {
    if (hidden.signal.aborted && !signal.aborted) return 'paused';
    return isOpen ? 'opened' : 'failed';
  }
}

async function refusal(response: Response): Promise<Outcome> {
  const { status } = await failureOf(response);
  if (status === 401) expireSession();
  // What the server has against the question, it will have against it again; its own trouble may pass.
  return status < 500 && status !== 429 ? 'refused' : 'failed';
}

async function readBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { onEvents }: StreamOptions,
  place: { lastId: string },
): Promise<boolean> {
  const parser = new SseParser();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    const events = parser.push(value);
    if (events.length === 0) continue;
    place.lastId = events.at(-1)?.id ?? place.lastId;
    if (!onEvents(events)) continue;
    await reader.cancel();
    return true;
  }
}

/** Ends `controller` when the page has been hidden for a while. */
function watchHidden(controller: AbortController): Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => controller.abort(), HIDDEN_MS);
  };
  document.addEventListener('visibilitychange', look);
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    },
  };
}

async function untilVisible(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted) await once(document, 'visibilitychange', signal);
}

/** Resolves early when the browser says that it is on line again. */
async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const early = new AbortController();
  const timer = setTimeout(() => early.abort(), durationMs);
  await once(window, 'online', AbortSignal.any([signal, early.signal]));
  clearTimeout(timer);
}

function once(target: EventTarget, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      target.removeEventListener(name, end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    target.addEventListener(name, end);
    signal.addEventListener('abort', end);
  });
}
