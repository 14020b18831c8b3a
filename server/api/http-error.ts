/** A request that is not to be had: the error handler makes the answer of it. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;
  /** For programs. */
  readonly code: string;
  readonly hint: string | undefined;

  constructor(statusCode: number, code: string, message: string, hint?: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.hint = hint;
  }
}

export const notFound = (what: string): HttpError => new HttpError(404, 'not_found', `There is no such ${what}`);

export const conflict = (message: string, hint?: string): HttpError => new HttpError(409, 'conflict', message, hint);

export const unauthorized = (): HttpError =>
  new HttpError(401, 'unauthorized', 'This needs a valid token or session', 'Send `Authorization: Bearer TOKEN`.');

export const forbidden = (message: string, hint?: string): HttpError => new HttpError(403, 'forbidden', message, hint);

export const tooMany = (message: string): HttpError =>
  new HttpError(429, 'too_many', message, 'Try again later: Retry-After says when.');
