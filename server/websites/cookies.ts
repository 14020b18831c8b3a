/** Layer's own, by whatever name: `layer_session`, `layer_website`, `__Host-layer…`. Names differ by case, but not to a person. */
const OWN_NAME = /^(?:__(?:host|secure)-)?layer[_-]/i;

/** The cookie that has a pass. */
export const PASS_COOKIE = 'layer_website';

interface CookieHeader {
  /** The values of {@link PASS_COOKIE}: one for each path and domain that it was set for. */
  readonly passes: readonly string[];
  /** What is left for the guest; undefined: nothing. */
  readonly rest: string | undefined;
}

/** What a `Cookie` header (RFC 6265, 4.2) has for us, and for the guest. */
export function readCookies(header: string | undefined): CookieHeader {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  const passes = pairs.filter((pair) => nameOf(pair) === PASS_COOKIE).map((pair) => pair.slice(PASS_COOKIE.length + 1));
  const others = pairs.filter((pair) => pair !== '' && !OWN_NAME.test(nameOf(pair)));
  return { passes, rest: others.length === 0 ? undefined : others.join('; ') };
}

/**
 * A guest's `Set-Cookie` as it may be passed on: null where it would set one of Layer's, or one for other hosts. `prefix`: of the path
 * form, within which its cookies stay.
 */
export function guestCookie(cookie: string, prefix: string): string | null {
  const [pair = '', ...attributes] = cookie.split(';');
  const name = pair.includes('=') ? nameOf(pair) : '';
  // Of one without a name browsers send the value, which may look like another's name and value.
  if (name === '' || OWN_NAME.test(name)) return null;
  if (attributes.some((attribute) => nameOf(attribute).toLowerCase() === 'domain')) return null;
  if (prefix === '') return cookie;
  return [pair, ...attributes.map((attribute) => within(attribute, prefix))].join(';');
}

function within(attribute: string, prefix: string): string {
  const [, path] = /^\s*path\s*=\s*(\/.*)$/i.exec(attribute) ?? [];
  return path === undefined ? attribute : ` Path=${prefix}${path}`;
}

function nameOf(pair: string): string {
  return (pair.split('=', 1)[0] ?? '').trim();
}
