import type { WorkspacePath } from '../../fs-tracer/index.ts';
import type { CloneInstruction } from '../../grammar/index.ts';
import type { Revision } from './choose-revision.ts';

/** A repository that a build has in its workspace. */
export interface Clone {
  readonly id: string;
  /** Where its files are in the build's workspace. */
  readonly root: WorkspacePath;
  /** The URL for people. */
  readonly shown: string;
  readonly revision: Revision;
}

/** What tells one repository at one wish for a branch from others. */
export function cloneId({ url, defaultBranch }: Pick<CloneInstruction, 'url' | 'defaultBranch'>): string {
  return `${url}\0${defaultBranch ?? ''}`;
}
