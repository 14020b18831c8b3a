import { createHash } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';

/** What we say in a website's place. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  /** Where to go next. */
  readonly link?: { readonly href: string; readonly text: string };
  /** The browser asks again after so many seconds. */
  readonly againAfterSeconds?: number;
}

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}
h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:.5rem 0;overflow-wrap:anywhere;white-space:pre-line}a{color:inherit}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Whether somebody looks at it: a page of ours is of use to them, and plain text to programs. */
export function wantsPage({ method, headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode'];
  return (
    method === 'GET' && (headers.accept ?? '').includes('text/html') && (mode === undefined || mode === 'navigate')
  );
}

export function sendPage(request: IncomingMessage, response: ServerResponse, page: Page): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // A body is not read: an answer in the middle of one ends its connection.
  if (request.method !== 'GET' && request.method !== 'HEAD') response.setHeader('connection', 'close');
  if (page.againAfterSeconds !== undefined) response.setHeader('retry-after', page.againAfterSeconds);
  const isPage = wantsPage(request);
  const type = `text/${isPage ? 'html' : 'plain'}; charset=utf-8`;
  response.writeHead(page.status, { ...HEADERS, 'content-type': type });
  response.end(isPage ? html(page) : plain(page));
}

/** The same for a connection that is no longer HTTP's. */
export function rawPage(page: Page): string {
  const body = plain(page);
  const headers = { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', connection: 'close' };
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) }).map(
    ([key, value]) => `${key}: ${value}`,
  );
  return [`HTTP/1.1 ${page.status} ${STATUS_CODES[page.status] ?? ''}`, ...lines, '', body].join('\r\n');
}

function plain({ title, text, link }: Page): string {
  return `${title}\n${text}\n${link === undefined ? '' : `${link.href}\n`}`;
}

function html({ title, text, link, againAfterSeconds }: Page): string {
  const again = againAfterSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${againAfterSeconds}">`;
  const next = link === undefined ? '' : `<p><a href="${escaped(link.href)}">${escaped(link.text)}</a></p>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">${again}
<title>${escaped(title)}</title><style>${STYLE}</style><h1>${escaped(title)}</h1><p>${escaped(text)}</p>${next}</html>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
