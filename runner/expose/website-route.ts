import type { ExposeWebsiteInstruction } from '../../grammar/index.ts';
import { prefixOf } from './exposure.ts';

export interface Route {
  readonly website: ExposeWebsiteInstruction;
  /** What the guest is asked for: path and query. */
  readonly target: string;
}

/**
 * The website with the longest path that covers `target` (path and query as a browser sends them) on whole segments, so
 * that `/api` covers `/api` and `/api/x`, and not `/apis`. Null where none does.
 */
export function routeTo(websites: readonly ExposeWebsiteInstruction[], target: string): Route | null {
  const [path] = target.split('?', 1);
  let best: ExposeWebsiteInstruction | null = null;
  for (const website of websites) {
    const prefix = prefixOf(website.path);
    const longer = best === null || prefix.length > prefixOf(best.path).length;
    if (longer && (path === prefix || `${path}/`.startsWith(`${prefix}/`))) best = website;
  }
  return best === null ? null : { website: best, target: rewritten(best, target) };
}

/** The website's path replaced by its rewrite; what follows it stays as it is. */
function rewritten({ path, rewrite }: ExposeWebsiteInstruction, target: string): string {
  if (rewrite === null) return target;
  const rest = target.slice(prefixOf(path).length);
  if (rest.startsWith('/')) return prefixOf(rewrite) + rest;
  return rewrite + rest;
}

/** Path and query of a request line: some clients send the whole URL there. */
export function targetOf(requestUrl: string): string {
  const withoutOrigin = requestUrl.replace(/^https?:\/\/[^/?#]*/i, '');
  return withoutOrigin.startsWith('/') ? withoutOrigin : `/${withoutOrigin}`;
}
