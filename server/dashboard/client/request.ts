import type { ErrorAnswer } from '../../api/schemas/index.ts';
import { csrfToken, expireSession } from './session.ts';

/** The server refused, or could not be reached (`status` 0). The message is for people. */
export class RequestFailure extends Error {
  readonly status: number;
  readonly hint: string | null;

  constructor(status: number, message: string, hint: string | null = null) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await reach(path, {
    headers: { accept: 'application/json' },
    ...(signal === undefined ? {} : { signal }),
  });
  return (await answerOf(response)) as T;
}

/** For all that changes something; resolves with what the server says, null where that is nothing. */
export async function send<T = null>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const headers = {
    accept: 'application/json',
    'x-layer-csrf': csrfToken(),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await reach(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answerOf(response)) as T;
}

/** What a response that is no success says. */
export async function failureOf(response: Response): Promise<RequestFailure> {
  const answer = (await response.json().catch(() => null)) as Partial<ErrorAnswer> | null;
  const said = answer?.error;
  return new RequestFailure(
    response.status,
    said?.message ?? `The server answered ${response.status}.`,
    said?.hint ?? null,
  );
}

async function reach(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...options, cache: 'no-store', credentials: 'same-origin' });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new RequestFailure(0, 'The server cannot be reached.', 'Is `layer serve` still running?');
  }
}

async function answerOf(response: Response): Promise<unknown> {
  if (response.ok) return response.status === 204 ? null : await response.json().catch(() => null);
  const failure = await failureOf(response);
  if (response.status === 401) expireSession();
  throw failure;
}

export function asFailure(error: unknown): RequestFailure {
  return error instanceof RequestFailure
    ? error
    : new RequestFailure(0, error instanceof Error ? error.message : String(error));
}
