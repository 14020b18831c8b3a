import { type ServerResponse, STATUS_CODES } from 'node:http';

import type { ExposeWebsiteInstruction } from '../../grammar/index.ts';

/** What we say ourselves, where no website of the guest does. */
export interface Problem {
  readonly status: 404 | 502;
  readonly text: string;
}

export function notExposed(layerfile: string, websites: readonly ExposeWebsiteInstruction[], target: string): Problem {
  const list = websites.map(({ path, text, range }) => `  ${path}    ${text}    (${layerfile}:${range.start.line})`);
  return {
    status: 404,
    text: [`No EXPOSE WEBSITE covers ${target.split('?', 1)[0] ?? ''}. There is:`, '', ...list].join('\n'),
  };
}

export function unreachable(
  layerfile: string,
  { scheme, host, port, range }: ExposeWebsiteInstruction,
  why: string,
): Problem {
  const place = `${layerfile}:${range.start.line}`;
  return {
    status: 502,
    text: `Port ${port} of the machine does not answer: ${why}.\n\n${place} exposes ${scheme}://${host}:${port} there.`,
  };
}

export function cutOff(layerfile: string, why: string): Problem {
  return { status: 502, text: `The website in the machine of ${layerfile} ended the connection: ${why}.` };
}

/** Plain text: what a path or a guest says of itself cannot become a page. */
export function answer(response: ServerResponse, { status, text }: Problem): void {
  response.writeHead(status, { ...HEADERS, connection: 'close' });
  response.end(bodyOf(text));
}

/** The same, for a socket that is no longer HTTP's. */
export function rawAnswer({ status, text }: Problem): string {
  const headers = { ...HEADERS, connection: 'close', 'content-length': Buffer.byteLength(bodyOf(text)) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', bodyOf(text)].join('\r\n');
}

const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

function bodyOf(text: string): string {
  return `layer: ${text}\n`;
}
