import { type ForgeSettings, GitFailed, type Repositories, type Repository, runGit } from '../git/index.ts';

const LIMIT_MS = 15 * 60_000;

/** git asks this for a password. It says what it was given in its environment, and nothing in an argument. */
const HELPER = `!f() { [ "$1" = get ] && printf 'username=%s\\npassword=%s\\n' "$LAYER_FORGE_USER" "$LAYER_FORGE_TOKEN"; }; f`;
/** As whom a token is given: GitHub Apps, GitLab and Gitea look at the token alone. */
const USERS: Readonly<Record<ForgeSettings['kind'], string>> = {
  github: 'x-access-token',
  gitlab: 'oauth2',
  gitea: 'layer',
};

export interface WantedCommit {
  readonly commit: string;
  /** The ref here that is to be at the commit. */
  readonly ref: string;
  /** The forge's ref that has it, or had. */
  readonly forgeRef: string;
}

/**
 * Brings a commit from the configured clone URL into the repository, and its ref to it. Throws `GitFailed`; no message of git's has the
 * token, which is in no argument and no URL.
 */
export async function fetchCommit(
  repositories: Repositories,
  repository: Repository,
  forge: ForgeSettings,
  { commit, ref, forgeRef }: WantedCommit,
  signal: AbortSignal,
): Promise<void> {
  const { folder } = repository;
  const settings = {
    ...repositories.gitSettings(repository),
    ...(forge.token === null ? {} : { 'credential.helper': HELPER }),
    // The token is for this address and no other.
    'http.followRedirects': 'false',
    'http.lowSpeedLimit': '1000',
    'http.lowSpeedTime': '60',
  };
  const environment =
    forge.token === null ? {} : { LAYER_FORGE_USER: USERS[forge.kind], LAYER_FORGE_TOKEN: forge.token };
  const call = { folder, settings, environment, limitMs: LIMIT_MS, signal };
  const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];
  const fetch = [`--git-dir=${folder}`, 'fetch', ...flags, '--', forge.cloneUrl];
  try {
    await runGit([...fetch, `+${commit}:${ref}`], call);
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    // A forge may give only what a ref has now.
    await runGit([...fetch, forgeRef], call);
    await runGit([`--git-dir=${folder}`, 'update-ref', '--no-deref', ref, commit], call);
  }
}

export async function deleteRef({ folder }: Repository, ref: string): Promise<void> {
  await runGit([`--git-dir=${folder}`, 'update-ref', '--no-deref', '-d', ref], { folder });
}

/** Whether `commit` is one that `later` goes on from, as far as the repository knows both. */
export async function isBefore({ folder }: Repository, commit: string, later: string): Promise<boolean> {
  try {
    await runGit([`--git-dir=${folder}`, 'merge-base', '--is-ancestor', commit, later], { folder });
    return true;
  } catch (error) {
    if (error instanceof GitFailed) return false;
    throw error;
  }
}
