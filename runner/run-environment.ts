import { CONSTANTS } from './command-text.ts';
import { GitFacts } from './git-facts.ts';
import type { Revision } from './revision/revision.ts';

/** Names with their values. */
export type Variables = ReadonlyMap<string, string>;

export const NO_VARIABLES: Variables = new Map();

/** What was given to this run on its command line. */
export interface GivenVariables {
  /** `--build-env`: for BUILD ENV and SKIP REMAINING IF. */
  readonly buildEnv: Variables;
  /** `--env`: for SECRET ENV, and for the others where `buildEnv` has no such name. */
  readonly env: Variables;
}

/** RFC 1035: no label of a host name is longer. */
const LONGEST_LABEL = 63;

/**
 * The environment of a run of one workspace (layerfile.md): by name, since only what a Layerfile names counts. Facts of the
 * job (`JOB_ID`, `PULL_REQUEST_URL`, …) are given by the CI server; at a desk they have no value.
 */
export class RunEnvironment {
  readonly #given: GivenVariables;
  readonly #git: GitFacts;

  /** `revision`: where a commit is built, and not the files of the workspace. */
  constructor(given: GivenVariables, workspaceRoot: string, revision?: Revision) {
    this.#given = given;
    this.#git = new GitFacts(workspaceRoot, revision);
  }

  /** For BUILD ENV and SKIP REMAINING IF. */
  value(name: string): string | undefined {
    return this.#given.buildEnv.get(name) ?? this.#given.env.get(name) ?? CONSTANTS.get(name) ?? this.#fromGit(name);
  }

  /** For SECRET ENV. */
  givenSecret(name: string): string | undefined {
    return this.#given.env.get(name);
  }

  #fromGit(name: string): string | undefined {
    switch (name) {
      case 'GIT_TAG':
        return this.#git.tag;
      case 'GIT_COMMIT':
        return this.#git.commit;
      case 'GIT_SHORT_COMMIT':
        return this.value('GIT_COMMIT')?.slice(0, 12);
      case 'GIT_COMMIT_TITLE':
        return this.#git.commitTitle;
      case 'GIT_BRANCH':
        return this.#git.branch;
      case 'SUBDOMAIN':
        return subdomainOf(this.value('GIT_BRANCH'));
      case 'REPOSITORY_NAME':
        return this.#git.repositoryName;
      case 'REPOSITORY_OWNER':
        return this.#git.repositoryOwner;
      default:
        return undefined;
    }
  }
}

/** A branch as a label of a host name: its last path part, in lower case, anything else than letters and digits as `-`. */
export function subdomainOf(branch: string | undefined): string | undefined {
  const lastPart = branch?.split('/').at(-1)?.toLowerCase() ?? '';
  const label = lastPart.replaceAll(/[^a-z0-9]+/g, '-').slice(0, LONGEST_LABEL);
  return label.replaceAll(/^-|-$/g, '') || undefined;
}
