/** The state of a repository that a CLONE takes. */
export interface Revision {
  /** `refs/heads/NAME`, or `HEAD`. */
  readonly ref: string;
  /** Hex. */
  readonly commit: string;
}

export interface BranchWishes {
  /** The branch of the workspace; null where it is on none. */
  readonly current: string | null;
  /** What DEFAULT= says. */
  readonly fallback: string | null;
}

/** The refs that {@link chooseRevision} wants to know of, best first. */
export function wantedRefs({ current, fallback }: BranchWishes): readonly string[] {
  const branches = [current, fallback].filter((branch) => branch !== null);
  return [...new Set(branches.map((branch) => `refs/heads/${branch}`)), 'HEAD'];
}

/**
 * The branch of the same name as the workspace's, else DEFAULT, else HEAD. `listing` is what `git ls-remote` prints: a
 * commit, a tab and a ref on each line. Null where the repository has none of them: it is empty.
 */
export function chooseRevision(listing: string, wishes: BranchWishes): Revision | null {
  const commits = new Map(
    listing.split('\n').flatMap((line) => {
      const [commit = '', ref] = line.split('\t');
      // A pattern of ls-remote also finds refs that only end with it.
      return ref !== undefined && /^[0-9a-f]{40,64}$/.test(commit) ? [[ref, commit] as const] : [];
    }),
  );
  const ref = wantedRefs(wishes).find((wanted) => commits.has(wanted));
  return ref === undefined ? null : { ref, commit: commits.get(ref) ?? '' };
}

/** The ref as people name it: a branch without `refs/heads/`. */
export function branchName({ ref }: Revision): string {
  return ref.replace(/^refs\/heads\//, '');
}
