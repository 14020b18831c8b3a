/** The commit that a run with `--rev` builds. */
export interface Revision {
  /** As typed. */
  readonly name: string;
  /** Hex id, in full. */
  readonly commit: string;
  /** The local branch that `name` names, or that HEAD is on where it names that; null for any other commit. Asked of git when it is wanted. */
  readonly branch: string | null;
}

/** For people: `main (0123456789ab)`. */
export function shownRevision({ name, commit }: Revision): string {
  const short = commit.slice(0, 12);
  return commit.startsWith(name) ? short : `${name} (${short})`;
}
