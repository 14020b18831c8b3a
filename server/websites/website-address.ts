import type { IncomingMessage } from 'node:http';

import { jobNumberOf, type WebsiteId } from './website-id.ts';

/**
 * Which website a request is for. `host`: one of its own, `ID.localhost`, which is another origin than the dashboard's for a browser.
 * `path`: below `/websites/ID` of the dashboard's host, for browsers on other computers, where no name ends in `.localhost`.
 */
export interface WebsiteAddress {
  readonly form: 'host' | 'path';
  readonly id: WebsiteId;
  /** Path and query, as the website is to see it. */
  readonly target: string;
  /** What stands before the target: ``, `/websites/ID` or `/websites/ID/~KEY`. */
  readonly prefix: string;
  /** Of the path form; null where there is none in it. */
  readonly key: string | null;
}

export const PATH_FORM = '/websites/';

const HOST = /^(?:.*\.)?(\d{1,15}-[0-9a-f]{32})\.localhost\.?(?::\d{1,5})?$/i;

/** Null for a request that is for no website. */
export function websiteAddress({ headers, url = '/' }: IncomingMessage): WebsiteAddress | null {
  const target = withoutOrigin(url);
  const [, label] = HOST.exec(headers.host ?? '') ?? [];
  if (label !== undefined) return { form: 'host', id: label.toLowerCase(), target, prefix: '', key: null };
  if (!target.startsWith(PATH_FORM)) return null;
  const [id = ''] = target.slice(PATH_FORM.length).split(/[/?]/, 1);
  if (jobNumberOf(id) === null) return { form: 'path', id: '', target: '/', prefix: '', key: null };
  const [withKey, key = null] = KEY.exec(target.slice(PATH_FORM.length + id.length)) ?? [''];
  const prefix = `${PATH_FORM}${id}${withKey}`;
  return { form: 'path', id, target: target.slice(prefix.length), prefix, key };
}

const KEY = /^\/~([0-9a-f]{32})(?![^/?])/;

/** Where a website begins for who has this key. */
export function keyedPrefix(id: WebsiteId, key: string): string {
  return `${PATH_FORM}${id}/~${key}`;
}

/** What is in the host's place is nobody's own: `other.ID.localhost` would share its cookies. */
export function isExactHost(host: string | undefined, id: WebsiteId): boolean {
  return (host ?? '').toLowerCase().split(':', 1)[0] === `${id}.localhost`;
}

/** Some clients send the whole URL in the request line. */
function withoutOrigin(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

const TICKET = 'layer-ticket=';

/** The ticket in a target's query, and the target without it. */
export function ticketIn(target: string): { readonly ticket: string | null; readonly rest: string } {
  const [path = '', ...queries] = target.split('?');
  const pairs = queries.join('?').split('&');
  const others = pairs.filter((pair) => pair !== '' && !pair.startsWith(TICKET));
  const ticket = pairs.find((pair) => pair.startsWith(TICKET))?.slice(TICKET.length) ?? null;
  return { ticket, rest: others.length === 0 ? path : `${path}?${others.join('&')}` };
}

export function withTicket(path: string, ticket: string): string {
  return `${path}?${TICKET}${ticket}`;
}
