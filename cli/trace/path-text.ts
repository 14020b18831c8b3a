/** Bytes of UTF-8 text, one character a byte (latin1); other bytes are left over. */
const UTF8_CHARACTER =
  /[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[^]/g;

const SHORT: Readonly<Partial<Record<string, string>>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/**
 * A path of a trace (latin1) as one line that names it exactly: UTF-8 as it is, `\n`, `\r`, `\t` and `\\` as in C, controls and
 * bytes that are no UTF-8 as `\xHH`. The root is `.`.
 */
export function exactPath(path: string): string {
  return path === '' ? '.' : path.replace(UTF8_CHARACTER, exactCharacter);
}

/** The path as text, as JSON and Dockerfiles hold it; null where its bytes are no UTF-8. */
export function textOf(path: string): string | null {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
}

function exactCharacter(bytes: string): string {
  const short = SHORT[bytes];
  if (short !== undefined) return short;
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return isPrintable(bytes, text) ? text : Array.from(bytes, hex).join('');
}

function isPrintable(bytes: string, text: string): boolean {
  if (bytes.length === 1) return bytes >= ' ' && bytes <= '~';
  return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
}

function hex(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
