/** What a forge tells, in one form for all of them. Branch names, logins and numbers are as somebody outside wrote them. */
export type ForgeEvent = BranchEvent | PullEvent;

/** A branch was pushed, made or deleted. */
export interface BranchEvent {
  readonly kind: 'branch';
  /** Full name. */
  readonly ref: string;
  /** Commits; null: there was none, is none any more, or (`before`) nobody says. */
  readonly before: string | null;
  readonly after: string | null;
  readonly pushedBy: string;
}

/** A pull request (or merge request) whose branch is in another repository was opened, pushed to or closed. */
export interface PullEvent {
  readonly kind: 'pull';
  readonly number: number;
  /** Null: it is closed. */
  readonly commit: string | null;
  readonly pushedBy: string;
}

/** `project`: the forge's name of the repository it is about. `ignored`: nothing to be done for it. */
export type PayloadReading =
  | { readonly kind: 'event'; readonly event: ForgeEvent; readonly project: string }
  | { readonly kind: 'ignored'; readonly why: string }
  | { readonly kind: 'bad'; readonly problem: string };
