import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createFileDurably } from '../../util/durable-file.ts';
import { LayerError } from '../../util/layer-error.ts';

const KEY_BYTES = 32;

/**
 * What a secret's value is known by in keys of steps: an HMAC, since a mere hash of a short value could be guessed. Its key,
 * `LAYER_HOME/secrets.key`, is made when it is first needed; without it every step below a SECRET ENV runs again.
 */
export class SecretKey {
  readonly #path: string;
  #key: Buffer | null = null;

  constructor(home: string) {
    this.#path = join(home, 'secrets.key');
  }

  /** HMAC-SHA256 of name and value, hex. The length in front tells where the name ends. */
  fingerprint(name: string, value: string): string {
    this.#key ??= readKey(this.#path) ?? makeKey(this.#path);
    return createHmac('sha256', this.#key).update(`${name.length}:${name}${value}`).digest('hex');
  }
}

function readKey(path: string): Buffer | null {
  let key: Buffer;
  try {
    key = readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new LayerError('CACHE_UNUSABLE', `Cannot read ${path}`, { cause });
  }
  if (key.length === KEY_BYTES) return key;
  throw new LayerError('CACHE_UNUSABLE', `${path} is damaged: it has ${key.length} bytes in place of ${KEY_BYTES}`, {
    hint: 'Remove it: a new one is made, and steps from SECRET ENV on run once more.',
  });
}

function makeKey(path: string): Buffer {
  try {
    createFileDurably(path, randomBytes(KEY_BYTES));
  } catch (cause) {
    throw new LayerError('CACHE_UNUSABLE', `Cannot write ${path}`, { cause });
  }
  // Another process may have been first: what is there now is the key.
  const key = readKey(path);
  if (key === null) throw new LayerError('CACHE_UNUSABLE', `${path} was removed as soon as it was made`);
  return key;
}
