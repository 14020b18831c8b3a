import type { IncomingMessage } from 'node:http';

import { PASS_COOKIE, readCookies } from './cookies.ts';
import type { Page } from './pages.ts';
import { PASS_SECONDS, type Passes } from './passes.ts';
import { isExactHost, ticketIn, type WebsiteAddress, websiteAddress } from './website-address.ts';
import { jobNumberOf, type WebsiteId } from './website-id.ts';
import type { KnownWebsite, WebsiteLimits } from './websites.ts';

/** A request that may go to its website. */
export interface Admitted {
  readonly kind: 'admitted';
  readonly address: WebsiteAddress;
  readonly website: KnownWebsite;
  /** Of the job, at the dashboard. */
  readonly jobUrl: string;
  readonly limits: WebsiteLimits;
}

export type Entered =
  | Admitted
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'redirect'; readonly status: 303 | 308; readonly headers: Readonly<Record<string, string>> };

/** Lets in who has a pass, and gives one for a ticket. Nothing of a website, not even whether it is there, is told to others. */
export class Entrance {
  readonly #passes: Passes;
  /** Where people find the dashboard who came by that `Host`. */
  readonly #dashboard: (host: string | undefined) => string;

  constructor(passes: Passes, dashboard: (host: string | undefined) => string) {
    this.#passes = passes;
    this.#dashboard = dashboard;
  }

  enter(request: IncomingMessage, known: (id: WebsiteId) => KnownWebsite | undefined, limits: WebsiteLimits): Entered {
    const address = websiteAddress(request);
    const { headers } = request;
    const job = address === null ? null : jobNumberOf(address.id);
    if (address === null || job === null)
      return refused(404, 'There is no such website', this.#dashboard(headers.host));
    const jobUrl = `${this.#dashboard(headers.host)}/jobs/${job}`;
    if (address.form === 'host' && !isExactHost(headers.host, address.id))
      return refused(404, 'There is no such website', jobUrl);
    if (address.form === 'path' && isOfTheDashboard(request))
      return refused(403, 'The dashboard does not load what websites of machines have', jobUrl);
    const { ticket, rest } = ticketIn(address.target);
    const { passes } = readCookies(headers.cookie);
    if (ticket !== null && request.method === 'GET')
      return this.#redeem(request, { ...address, target: rest }, ticket, passes, jobUrl);
    const website = known(address.id);
    if (website === undefined || !this.#passes.lets(address.id, passes)) return noPass(jobUrl);
    // Where it begins is a folder: what its pages refer to is below that.
    if (address.form === 'path' && !address.target.startsWith('/'))
      return { kind: 'redirect', status: 308, headers: { location: `${address.prefix}/${address.target}` } };
    return { kind: 'admitted', address, website, jobUrl, limits };
  }

  /** The same place without the ticket, which is in no history then, and in no `Referer`. */
  #redeem(
    request: IncomingMessage,
    address: WebsiteAddress,
    ticket: string,
    passes: readonly string[],
    jobUrl: string,
  ): Entered {
    const pass = this.#passes.redeem(address.id, ticket);
    if (pass === null && !this.#passes.lets(address.id, passes)) return noPass(jobUrl);
    // Never `//elsewhere`, which would be another host.
    const location = `${address.prefix}/${address.target.replace(/^[/\\]+/, '')}`;
    const cookie = pass === null ? {} : { 'set-cookie': passCookie(pass, address, request) };
    const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', ...cookie };
    return { kind: 'redirect', status: 303, headers };
  }
}

/**
 * A page of the path form is of no origin, so what it loads counts as from another site: browsers send the cookie along only if it says so,
 * and take such a one only where nobody can listen.
 */
function passCookie(pass: string, { form, prefix }: WebsiteAddress, request: IncomingMessage): string {
  const isSafe = form === 'path' && isTrustworthy(request);
  const site = isSafe ? 'SameSite=None; Secure' : 'SameSite=Lax';
  return `${PASS_COOKIE}=${pass}; Path=${prefix}/; Max-Age=${PASS_SECONDS}; HttpOnly; ${site}`;
}

/** Secure Contexts, 3.1: https, or this computer. */
function isTrustworthy({ headers }: IncomingMessage): boolean {
  const isLocal = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(headers.host ?? '');
  return isLocal || headers['x-forwarded-proto'] === 'https';
}

/** A page of the dashboard's own origin may lead to a website, but use nothing of it: no script, and no answer. */
function isOfTheDashboard({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return (site === 'same-origin' || site === 'same-site') && headers['sec-fetch-mode'] !== 'navigate';
}

function noPass(jobUrl: string): Entered {
  return refused(403, 'This website is opened from its job', jobUrl);
}

function refused(status: 403 | 404, title: string, href: string): Entered {
  const text = 'A job’s page has links to what its machines expose: each lets in whoever may look into that machine.';
  return { kind: 'page', page: { status, title, text, link: { href, text: 'To the dashboard' } } };
}
