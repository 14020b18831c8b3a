import { quickHash } from './quick-hash.ts';

/**
 * JSON that accidental damage shows in: the same line twice. Comparing them takes no time; a checksum, which is a loop in
 * JavaScript, takes milliseconds in a new process, and V8's compilers as well.
 */
export function encodeChecked(value: unknown): string {
  const text = JSON.stringify(value);
  return `${text}\n${text}`;
}

/** What {@link encodeChecked} was given; undefined where the text is not whole. */
export function decodeChecked(text: string): unknown {
  const end = text.indexOf('\n');
  const [first, second] = [text.slice(0, end), text.slice(end + 1)];
  if (end > 0 && first === second) return JSON.parse(first) as unknown;
  return first === hashedBefore(second) ? (JSON.parse(second) as unknown) : undefined;
}

/** Earlier versions wrote a line with a hash of the rest (53 bits), then the rest. */
function hashedBefore(text: string): string | undefined {
  return text.includes('\n') ? undefined : quickHash(text);
}
