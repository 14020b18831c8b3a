import { statfsSync } from 'node:fs';

const MOST_BYTES = 20e9;
const SHARE = 0.2;

/**
 * What snapshots may take where nobody says otherwise: 20 GB, or a fifth of what the disk under `home` could give them
 * (what is free for this user, and what they hold already), whichever is less.
 */
export function defaultBudgetBytes(home: string, storedBytes: number): number {
  const { bavail, bsize } = statfsSync(home);
  return Math.floor(Math.min(MOST_BYTES, SHARE * (bavail * bsize + storedBytes)));
}
