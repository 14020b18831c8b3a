import type { StatusRequest } from './status-words.ts';

/** `later`: it may go well another time, after so long where the forge says so. `refused`: it never will. */
export type PostEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number | null }
  | { readonly kind: 'refused'; readonly why: string };

const LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 4096;
const MOST_LATER_MS = 60 * 60_000;
/** GitLab's answer to a status that the commit has already. */
const SAME_AGAIN = /Cannot transition status via/;

/** Tells a forge. Redirections are not followed: the token is for the configured address. What is returned holds no secret. */
export async function postStatus({ url, headers, body }: StatusRequest, signal: AbortSignal): Promise<PostEnd> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'layer', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    const answer = await beginningOf(response);
    const { status } = response;
    if (response.ok || (status === 400 && SAME_AGAIN.test(answer))) return { kind: 'done' };
    const why = `its API answered ${status}`;
    const isTemporary = status === 408 || status === 429 || status >= 500 || isRateLimit(response);
    if (isTemporary) return { kind: 'later', why, afterMs: laterMs(response.headers.get('retry-after')) };
    return { kind: 'refused', why: status >= 300 && status < 400 ? `${why}: redirections are not followed` : why };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'later', why: reasonOf(error), afterMs: null };
  }
}

/** GitHub says 403 for that, too. */
function isRateLimit({ status, headers }: Response): boolean {
  return status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after'));
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    pieces.push(Buffer.from(chunk as Uint8Array));
    bytes += pieces.at(-1)?.length ?? 0;
    if (bytes >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8', 0, MAX_ANSWER_BYTES);
}

function laterMs(retryAfter: string | null): number | null {
  return /^\d{1,6}$/.test(retryAfter ?? '') ? Math.min(MOST_LATER_MS, Number(retryAfter) * 1000) : null;
}

/** fetch says "fetch failed", and why in its cause. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { readonly cause?: { readonly code?: unknown }; readonly name?: unknown };
  if (typeof cause?.code === 'string') return `its API cannot be reached: ${cause.code}`;
  return name === 'TimeoutError' ? `its API did not answer within ${LIMIT_MS / 1000} s` : 'its API cannot be reached';
}
