/** What log lines go to; each ends with a line feed. */
export interface LogSink {
  write(line: string): void;
}

/** What Fastify gives its logger. */
export interface LogSettings {
  readonly level: 'info';
  readonly base: null;
  readonly stream: LogSink;
  readonly serializers: { readonly req: (request: { method?: string; url?: string }) => LoggedRequest };
}

interface LoggedRequest {
  readonly [key: string]: unknown;
  readonly method: string;
  readonly path: string;
}

/** A token that got into some text: into an error of a library's, as it may be. */
const TOKEN = /layer_[A-Za-z0-9_-]{43}/g;

/** Escape sequences and what reorders text on the screen; in JSON they can only be in strings, where \uXXXX is the same. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** pino's numbers. */
const WARN = 40;
const ERROR = 50;

/**
 * Settings of a structured log: JSON lines, or lines to be read (`readable`). Requests are noted without headers and queries, where
 * secrets would be; whatever looks like a token is taken out of every line.
 */
export function logSettings(sink: LogSink, form: 'json' | 'readable'): LogSettings {
  const write = (line: string): void => {
    const safe = line.replace(TOKEN, 'layer_[redacted]');
    sink.write(form === 'json' ? `${escaped(safe.trimEnd())}\n` : readableLine(safe));
  };
  const req = ({ method, url }: { method?: string; url?: string }): LoggedRequest => ({
    method: method ?? '',
    path: url?.split('?', 1)[0] ?? '',
  });
  return { level: 'info', base: null, stream: { write }, serializers: { req } };
}

interface Entry {
  readonly level?: number;
  readonly time?: number;
  readonly msg?: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly who?: string;
  readonly job?: number;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

/** `17:03:12 GET /api/jobs 200, 3 ms, ann` and its like. */
function readableLine(json: string): string {
  const entry = JSON.parse(json) as Entry;
  const { level = 0, time = Date.now(), msg = '', method, path, status, durationMs, who, job, err } = entry;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const mark = level >= ERROR ? 'ERROR ' : level >= WARN ? 'WARNING ' : '';
  const what = method === undefined ? msg : `${method} ${path ?? ''} ${status ?? ''}, ${durationMs ?? 0} ms`;
  const ofJob = job === undefined ? '' : `job ${job}: `;
  const by = who === undefined ? '' : `, ${who}`;
  const trouble =
    err === undefined ? '' : `: ${level >= ERROR ? (err.stack ?? err.message ?? '') : (err.message ?? '')}`;
  return `${clock} ${mark}${escaped(`${ofJob}${what}${by}`)}${escaped(trouble, '\n')}\n`;
}

/** Names and paths are somebody's words: nothing of them may move the cursor, or look like another line. */
function escaped(text: string, kept = ''): string {
  return text.replace(UNPRINTABLE, (character) =>
    character === kept ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
