import type { ForgeSettings } from '../git/index.ts';

/** Where a forge's API is, and what it calls the repository: `OWNER/NAME`, of GitLab with all groups. */
export interface ForgeAddress {
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly project: string;
}

/** Of the configured clone URL alone; nothing that a webhook says leads anywhere. */
export function forgeAddress({ kind, cloneUrl, apiUrl }: ForgeSettings): ForgeAddress {
  const { origin, host, pathname } = new URL(cloneUrl);
  const path = pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  const parts = path.split('/');
  // Gitea may live below a path; GitLab has groups within groups.
  const project = kind === 'gitlab' ? path : parts.slice(-2).join('/');
  const base = kind === 'gitea' ? [origin, ...parts.slice(0, -2)].join('/') : origin;
  return { apiUrl: (apiUrl ?? USUAL[kind](base, host)).replace(/\/+$/, ''), project };
}

const USUAL: Readonly<Record<ForgeSettings['kind'], (base: string, host: string) => string>> = {
  github: (base, host) => (host === 'github.com' ? 'https://api.github.com' : `${base}/api/v3`),
  gitlab: (base) => `${base}/api/v4`,
  gitea: (base) => `${base}/api/v1`,
};
