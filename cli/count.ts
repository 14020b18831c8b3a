import { LayerError } from '../util/layer-error.ts';

/** A whole number from 1 on. Throws `USAGE`, naming `flag`, for anything else. */
export function parseCount(text: string, flag: string): number {
  const count = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new LayerError('USAGE', `${flag} is \`${text}\`: not a number from 1 on`, { hint: `Write it like ${flag}=4.` });
}
