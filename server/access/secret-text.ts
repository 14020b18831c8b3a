import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What every token begins with, so that scanners find one that was committed. */
const TOKEN_PREFIX = 'layer_';

/** 32 random bytes in base64url, which is 43 characters and needs no escaping in addresses, headers and cookies. */
const RANDOM_TEXT = /^[A-Za-z0-9_-]{43}$/;

export function newToken(): string {
  return `${TOKEN_PREFIX}${newSessionCookie()}`;
}

export function newSessionCookie(): string {
  return randomBytes(32).toString('base64url');
}

export function isTokenText(text: string): boolean {
  return text.startsWith(TOKEN_PREFIX) && RANDOM_TEXT.test(text.slice(TOKEN_PREFIX.length));
}

export function isCookieText(text: string): boolean {
  return RANDOM_TEXT.test(text);
}

/** A secret of 256 random bits cannot be guessed from its hash, however fast that is: no slow hash is needed. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The CSRF token of a session: only who can read our answers knows it, and it need not be stored. */
export function csrfOf(cookie: string): string {
  return createHmac('sha256', cookie).update('layer csrf').digest('base64url');
}

/** Takes as long whatever is in them. */
export function isSame(left: string | Uint8Array, right: string | Uint8Array): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
