/** Where a git repository is, as its URL says. */
export interface RepositoryUrl {
  /** As git gets it. */
  readonly url: string;
  /** For people and logs: without user names, passwords and queries of web addresses. */
  readonly shown: string;
  /** '' for a path of this host. */
  readonly host: string;
  /** Without slashes at its ends and without `.git`: `owner/name`. */
  readonly path: string;
}

export type UrlReading = RepositoryUrl | { readonly problem: string };

/** git's own transports. Others (`ext::`, `fd::`, …) run programs that the URL names. */
export const TRANSPORTS = ['https', 'http', 'ssh', 'git', 'file'] as const;

const WITH_SCHEME = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/@]*)@)?([^/]*)(.*)$/is;
/** `[user@]host:path`, which means SSH (git-clone(1), "GIT URLS"). */
const LIKE_SCP = /^(?:([^/@:]+)@)?([^/@:]+):(?!:)(.+)$/s;

/** What `text` says, or in what way it is no URL to take a repository from. */
export function readRepositoryUrl(text: string): UrlReading {
  if (text.startsWith('-')) return { problem: 'it begins with `-`' };
  if (/^[a-z0-9+.-]+::/i.test(text)) return { problem: `\`${text.split('::', 1)[0] ?? ''}::\` could run any program` };
  if (text.startsWith('/')) return { url: text, shown: text, host: '', path: tidy(text) };
  const scheme = WITH_SCHEME.exec(text);
  if (scheme !== null) return readWithScheme(text, scheme);
  const scp = LIKE_SCP.exec(text);
  if (scp === null) return { problem: 'it is neither a URL nor an absolute path' };
  const [, , host = '', path = ''] = scp;
  if (host.startsWith('-') || path.startsWith('-')) return { problem: 'a part of it begins with `-`' };
  return { url: text, shown: text, host, path: tidy(path) };
}

/** `text` with passwords in URLs covered, and in web addresses user names too: what git says may repeat them. */
export function maskCredentials(text: string): string {
  return text
    .replaceAll(/(https?:\/\/)[^/\s@'"]*@/gi, '$1***@')
    .replaceAll(/(\w:\/\/[^/\s@'":]*):[^/\s@'"]*@/g, '$1:***@');
}

/** A name for a repository that is the same over HTTPS and SSH: `github.com/owner/name`, or a path of this host. */
export function repositoryName({ host, path }: RepositoryUrl): string {
  return `${host}/${path}`;
}

function readWithScheme(text: string, parts: RegExpExecArray): UrlReading {
  const [, scheme = '', user, authority = '', rest = ''] = parts;
  const transport = TRANSPORTS.find((name) => name === scheme.toLowerCase());
  if (transport === undefined) return { problem: `\`${scheme}:\` is none of ${TRANSPORTS.join(', ')}` };
  const host = transport === 'file' ? '' : authority.replace(/:\d*$/, '').toLowerCase();
  if (transport !== 'file' && host === '') return { problem: 'it names no host' };
  if (host.startsWith('-') || user?.startsWith('-') === true) return { problem: 'a part of it begins with `-`' };
  const [path = ''] = rest.split(/[?#]/, 1);
  const isWeb = transport === 'http' || transport === 'https';
  const shown = isWeb ? `${scheme}://${user === undefined ? '' : '***@'}${authority}${path}` : text;
  return { url: text, shown: shown.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, '$1:***@'), host, path: tidy(path) };
}

function tidy(path: string): string {
  return path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .replace(/^[/~]+|\/+$/g, '');
}
