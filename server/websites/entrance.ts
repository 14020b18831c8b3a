import type { IncomingMessage } from 'node:http';

import { PASS_COOKIE, readCookies } from './cookies.ts';
import { type Page, wantsPage } from './pages.ts';
import { keyOf, PASS_SECONDS, type Passes } from './passes.ts';
import {
  isExactHost,
  keyedPrefix,
  PATH_FORM,
  ticketIn,
  type WebsiteAddress,
  websiteAddress,
} from './website-address.ts';
import { jobNumberOf, type WebsiteId } from './website-id.ts';
import type { KnownWebsite } from './known-website.ts';
import type { WebsiteLimits } from './website-limits.ts';

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
  | { readonly kind: 'redirect'; readonly status: 303; readonly headers: Readonly<Record<string, string>> };

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
      return this.#redeem({ ...address, target: rest }, ticket, passes, jobUrl);
    const website = known(address.id);
    const pass = this.#passes.valid(address.id, passes);
    if (website === undefined || !(pass !== null || this.#isPart(request, address))) return noPass(jobUrl);
    if (pass !== null && isElsewhere(request, address, pass)) return toItsPlace(address, pass);
    return { kind: 'admitted', address, website, jobUrl, limits };
  }

  /**
   * A page of the path form is of no origin, so browsers send no cookie along with what it loads, whatever the cookie says. The key in its address
   * lets that in, and no page of its own: who is given such an address comes to nothing.
   */
  #isPart({ headers }: IncomingMessage, { id, key }: WebsiteAddress): boolean {
    const isLoaded = headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';
    return key !== null && isLoaded && this.#passes.letsByKey(id, key);
  }

  /** The same place without the ticket, which is in no history then, and in no `Referer`. */
  #redeem(address: WebsiteAddress, ticket: string, passes: readonly string[], jobUrl: string): Entered {
    const pass = this.#passes.redeem(address.id, ticket);
    const counting = pass ?? this.#passes.valid(address.id, passes);
    return counting === null ? noPass(jobUrl) : toItsPlace(address, counting, pass !== null);
  }
}

/** Whether somebody looks at the path form by an address that has not the key of their pass: what the page loads would not be let in. */
function isElsewhere(request: IncomingMessage, { form, key, target }: WebsiteAddress, pass: string): boolean {
  return form === 'path' && (!target.startsWith('/') || (wantsPage(request) && key !== keyOf(pass)));
}

/** Where a website is for who has that pass; `isNew`: their browser has not got it yet. */
function toItsPlace({ form, id, target }: WebsiteAddress, pass: string, isNew = false): Entered {
  const prefix = form === 'host' ? '' : keyedPrefix(id, keyOf(pass));
  const path = form === 'host' ? '/' : `${PATH_FORM}${id}/`;
  const cookie = `${PASS_COOKIE}=${pass}; Path=${path}; Max-Age=${PASS_SECONDS}; HttpOnly; SameSite=Lax`;
  // Never `//elsewhere`, which would be another host.
  const location = `${prefix}/${target.replace(/^[/\\]+/, '')}`;
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
  return { kind: 'redirect', status: 303, headers: isNew ? { ...headers, 'set-cookie': cookie } : headers };
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
