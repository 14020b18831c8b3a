/**
 * Bare repositories, git's smart HTTP protocol by git's own http-backend, and what a push is told.
 *
 * Invariants:
 * - git decides what a push may do; nothing of a request reaches its command line, and none of the user's settings hold;
 * - each value of a branch becomes a job once, whoever tells of it: the hook, the end of a push, or a look at the start;
 * - a push stands whatever becomes of its hook.
 */
export { type InstalledHook, installHook } from './hook/install-hook.ts';
export { type Git, type GitOptions, openGit, openRepositories } from './open-git.ts';
export type { PushJobs } from './push-jobs.ts';
export { PushReceiver } from './push-receiver.ts';
export { BRANCH_PREFIX, readRefs } from './read-refs.ts';
export { isBranchRef, readObjectId } from './ref-update.ts';
export { outcomeText } from './report/push-report.ts';
export type { WatchedJobs } from './report/watch-job.ts';
export { Repositories, type Repository } from './repositories.ts';
export { isRepositoryName } from './repository-name.ts';
export { type ForgeSettings, type RepositoryPatch, shownSettings } from './repository-settings.ts';
export { REPOSITORY_TABLES } from './repository-tables.ts';
export { GitFailed, runGit } from './run-git.ts';
export { Turns } from './turns.ts';
