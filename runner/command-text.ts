import { STEP_PROFILE } from './guest-layout.ts';

/** `text` as one word of POSIX shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command line for the guest's login shell: profile and ENV sourced, in the working directory, then `bash -c command`. */
export function stepCommand(workingDirectory: string, command: string): string {
  return `${enter(workingDirectory)} && exec bash -c ${shellWord(command)} </dev/null`;
}

/** What every command finds in its environment (layerfile.md, "Environment of a run"). The same in every run. */
const CONSTANTS = [
  ...['CI', 'IS_CI_MACHINE', 'CI_MACHINE', 'IN_CI_MACHINE', 'IN_CI', 'LAYER'].map((name) => `${name}=true`),
  'DEBIAN_FRONTEND=noninteractive',
];

/** Sets the constants, sources what every command starts with, and goes to the working directory. */
export function enter(workingDirectory: string): string {
  return `export ${CONSTANTS.join(' ')} && . ${STEP_PROFILE} && cd ${shellWord(workingDirectory)}`;
}
