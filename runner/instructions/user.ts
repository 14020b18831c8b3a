import type { PathsInstruction, UserInstruction } from '../../grammar/index.ts';
import { shellWord } from '../command-text.ts';
import { BACKGROUND_LOGS, ENVIRONMENT, HOME } from '../guest-layout.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, refuse, type StepResult } from '../step-result.ts';
import { resolveGuestPath } from './environment.ts';

/**
 * Makes the user where there is none, and later commands run as it. Its group is root's, and what root's group may do is
 * widened to what a step needs: write in /root, where files are copied by default, and remember ENV.
 */
export async function setUser(context: StepContext, { name }: UserInstruction): Promise<StepResult> {
  const { session } = context;
  const user = shellWord(name);
  let home = '';
  const result = await context.capture(
    `{ getent passwd ${user} >/dev/null || useradd --create-home --gid root --shell /bin/bash ${user}; } >&2 &&
chmod g+rwx ${HOME} && chmod g+rw ${ENVIRONMENT} && install -d -m 1777 ${BACKGROUND_LOGS} &&
getent passwd ${user} | cut -d: -f6`,
    (text) => (home = text.trim()),
  );
  if (!result.ok) return result;
  if (!home.startsWith('/')) return refuse(`The user ${name} has no home folder`);
  session.lineage = { ...session.lineage, user: name, home };
  return DONE;
}

/** Every RUN from here on sources these; one that does not exist fails there, where its error says so. */
export function addSetupFiles({ session }: StepContext, { paths }: PathsInstruction): StepResult {
  const files = paths.map(({ text }) => resolveGuestPath(session.lineage, text));
  session.lineage = { ...session.lineage, setupFiles: [...session.lineage.setupFiles, ...files] };
  return DONE;
}
