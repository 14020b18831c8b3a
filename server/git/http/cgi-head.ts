/** What a CGI program says before its body (RFC 3875, 6). */
export interface CgiHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What came of the body together with the head. */
  readonly rest: Buffer;
}

const MAX_HEAD_BYTES = 16 * 1024;
/** All that http-backend says and a client needs. */
const PASSED_ON = new Set(['content-type', 'cache-control', 'expires', 'pragma']);

/** The head at the beginning of `bytes`; null where it is not whole yet, `bad` where it never will be. */
export function readCgiHead(bytes: Buffer): CgiHead | 'bad' | null {
  const [end, length] = endOf(bytes);
  if (end === -1) return bytes.length > MAX_HEAD_BYTES ? 'bad' : null;
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of bytes.subarray(0, end).toString('latin1').split(/\r?\n/)) {
    const parts = /^([A-Za-z-]+): *([\x20-\x7e]*)$/.exec(line);
    if (parts === null) return 'bad';
    const [, name = '', value = ''] = parts;
    if (name.toLowerCase() === 'status') status = Number(/^\d{3}/.exec(value)?.[0] ?? 500);
    else if (PASSED_ON.has(name.toLowerCase())) headers[name] = value;
  }
  return { status, headers, rest: bytes.subarray(end + length) };
}

function endOf(bytes: Buffer): readonly [at: number, length: number] {
  const at = bytes.indexOf('\r\n\r\n');
  return at === -1 ? [bytes.indexOf('\n\n'), 2] : [at, 4];
}
