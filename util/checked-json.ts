import { quickHash } from './quick-hash.ts';

/** JSON that accidental damage shows in: a line with a hash of the rest (quickHash: 53 bits), then the rest. */
export function encodeChecked(value: unknown): string {
  const text = JSON.stringify(value);
  return `${quickHash(text)}\n${text}`;
}

/** What {@link encodeChecked} was given; undefined where the text is not whole. */
export function decodeChecked(text: string): unknown {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  return text.slice(0, end) === quickHash(body) ? (JSON.parse(body) as unknown) : undefined;
}
