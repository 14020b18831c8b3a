import { STEP_PROFILE } from './guest-layout.ts';
import { ROOT_USER, type LineageState } from './lineage-state.ts';

/** What of a lineage decides how its commands run. */
export type CommandPlace = Pick<LineageState, 'workingDirectory' | 'user' | 'setupFiles'>;

/** `text` as one word of POSIX shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A step's command: profile, ENV and SETUP FILEs sourced, in the working directory, as the user, then `bash -c command`. */
export function stepCommand(place: CommandPlace, command: string): string {
  return asUser(place, `${enterStep(place)} && exec bash -c ${shellWord(command)} </dev/null`);
}

/** What every command finds in its environment (layerfile.md, "Environment of a run"). The same in every run. */
export const CONSTANTS: ReadonlyMap<string, string> = new Map([
  ...['CI', 'IS_CI_MACHINE', 'CI_MACHINE', 'IN_CI_MACHINE', 'IN_CI', 'LAYER'].map((name) => [name, 'true'] as const),
  ['DEBIAN_FRONTEND', 'noninteractive'],
]);

/** Sets the constants, sources what every command starts with, and goes to the working directory. */
export function enter({ workingDirectory }: Pick<CommandPlace, 'workingDirectory'>): string {
  const constants = [...CONSTANTS].map(([name, value]) => `${name}=${value}`).join(' ');
  return `export ${constants} && . ${STEP_PROFILE} && cd ${shellWord(workingDirectory)}`;
}

/** Shell text that sets these variables, or unsets those without a value: any value, exactly. */
export function environmentText(assigned: readonly (readonly [name: string, value: string | undefined])[]): string {
  return assigned
    .map(([name, value]) => (value === undefined ? `unset ${name}\n` : `export ${name}=${shellWord(value)}\n`))
    .join('');
}

/** {@link enter}, then the SETUP FILEs: only commands of RUN get those. */
export function enterStep(place: CommandPlace): string {
  return [enter(place), ...place.setupFiles.map((file) => `. ${shellWord(file)}`)].join(' && ');
}

/**
 * A script of root's login shell as the lineage's user. The user's HOME and PATH take the place of root's before anything
 * is sourced; the group stays root's, as USER promises.
 */
export function asUser({ user }: Pick<CommandPlace, 'user'>, script: string): string {
  if (user === ROOT_USER) return script;
  const become = `setpriv --reuid=${shellWord(user)} --regid=0 --init-groups --reset-env`;
  return `exec ${become} bash -c ${shellWord(script)}`;
}
