import type { RunOptions } from '../../runner/index.ts';
import type { TerminalWork, WebsiteWork, WorkPlace } from './messages.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import type { WorkerLink } from './worker-link.ts';

type LaterOptions = Pick<RunOptions, 'directory' | 'home' | 'accelerator' | 'signal'> &
  Required<Pick<RunOptions, 'rev' | 'secretsHome' | 'slots' | 'given'>>;

/** What finds the machines that a job has left: all that its run was given, and whose turn it is. */
export function laterOptions(
  place: WorkPlace,
  { facts }: TerminalWork | WebsiteWork,
  link: WorkerLink,
  { accelerator }: WorkerSurroundings,
): LaterOptions {
  return {
    directory: place.repository,
    rev: place.commit,
    home: place.home,
    secretsHome: place.secretsHome,
    given: { env: new Map(), buildEnv: new Map(Object.entries(facts)) },
    accelerator,
    slots: link.slots,
    signal: link.signal,
  };
}
