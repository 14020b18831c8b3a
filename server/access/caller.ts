/** Who asks, and what they may do. */

/** `read` looks, `member` runs, cancels, presses, opens terminals and pushes; `admin` does all else. Each may what those before it may. */
export type Role = 'read' | 'member' | 'admin';

/** Where a request's token or session is from. */
export interface Caller {
  /** The token's name, as its owner gave it. */
  readonly name: string;
  readonly role: Role;
  /** A request by `session` comes from a browser, and changes nothing without its CSRF token. */
  readonly by: 'token' | 'session';
}

const RANK: Readonly<Record<Role, number>> = { read: 0, member: 1, admin: 2 };

export function mayAct(caller: Pick<Caller, 'role'>, needed: Role): boolean {
  return RANK[caller.role] >= RANK[needed];
}
