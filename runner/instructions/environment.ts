import type { EnvAssignment, EnvInstruction, WorkdirInstruction } from '../../grammar/index.ts';
import { asUser, enter } from '../command-text.ts';
import { ENVIRONMENT } from '../guest-layout.ts';
import type { LineageState } from '../lineage-state.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, type StepResult } from '../step-result.ts';

/** What of a lineage gives a guest path its meaning. */
export type GuestPlace = Pick<LineageState, 'workingDirectory' | 'home'>;

/** The guest's shell evaluates each value and writes down what came out, quoted, for every later command. */
export async function setEnvironment(context: StepContext, { assignments }: EnvInstruction): Promise<StepResult> {
  const commands = assignments.flatMap(({ key, value }) => [
    `export ${key}=${assignedValue(value)}`,
    `printf 'export %s=%q\\n' ${key} "\${${key}}" >> ${ENVIRONMENT}`,
  ]);
  const { lineage } = context.session;
  return context.run(asUser(lineage, [enter(lineage), ...commands].join(' && ')));
}

/**
 * A value as the right side of a shell assignment. One that is quoted anywhere is the user's own shell text; a bare one
 * may hold blanks, `&` or `;` that mean nothing, but `$NAME`, `$(…)` and a leading `~` still do.
 */
export function assignedValue(value: EnvAssignment['value']): string {
  if (/["'`]/.test(value) || value.startsWith('$(')) return value;
  const home = value.replace(/^~(?=\/|$)/, '$HOME').replaceAll(/:~(?=\/|:|$)/g, ':$HOME');
  return `"${home}"`;
}

export async function setWorkingDirectory(context: StepContext, { folder }: WorkdirInstruction): Promise<StepResult> {
  const { session } = context;
  const workingDirectory = resolveGuestPath(session.lineage, folder);
  await session.machine.makeFolder(workingDirectory);
  session.lineage = { ...session.lineage, workingDirectory };
  return DONE;
}

/** An absolute guest path without `.`, `..` and doubled slashes; `~` is the user's home folder. */
export function resolveGuestPath({ workingDirectory, home }: GuestPlace, path: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  const parts: string[] = [];
  for (const part of `${expanded.startsWith('/') ? '' : workingDirectory}/${expanded}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
