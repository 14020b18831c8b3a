import { createHmac, randomBytes } from 'node:crypto';

/** A job's number for people, and 128 bits that nobody guesses; a DNS label. */
export type WebsiteId = string;

const ID = String.raw`(\d{1,15})-[0-9a-f]{32}`;
const ONLY_ID = new RegExp(`^${ID}$`);
const MAC_BYTES = 16;

/** The same for a machine as long as the server runs, so that a browser keeps what its website stores there. */
export class WebsiteIds {
  readonly #key = randomBytes(32);

  of(job: number, layerfile: string, copy: number | null): WebsiteId {
    const mac = createHmac('sha256', this.#key)
      .update(JSON.stringify([job, layerfile, copy]))
      .digest();
    return `${job}-${mac.toString('hex', 0, MAC_BYTES)}`;
  }
}

/** The job that an id, whoever made it up, is said to be of; null for what is no id. */
export function jobNumberOf(id: string): number | null {
  const [, digits] = ONLY_ID.exec(id) ?? [];
  return digits === undefined ? null : Number(digits);
}
