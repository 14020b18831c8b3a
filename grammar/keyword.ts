import type { InstructionKind } from './instruction.ts';

/** How the rest of an instruction is read: as one shell-like text, or as separate words. */
export type ArgumentStyle = 'command' | 'text' | 'words';

/** Every instruction of the language; a record, so that the compiler finds one that is missing. */
export const INSTRUCTIONS: Readonly<Record<InstructionKind, ArgumentStyle>> = {
  'RUN BACKGROUND': 'command',
  'RUN REPEATABLE': 'command',
  RUN: 'command',
  FROM: 'words',
  COPY: 'words',
  'BUILD ENV': 'words',
  'SECRET ENV': 'words',
  ENV: 'words',
  CACHE: 'words',
  CHECKPOINT: 'words',
  'EXPOSE WEBSITE': 'words',
  'EXPOSE TCP': 'words',
  SPLIT: 'words',
  WAIT: 'words',
  BUTTON: 'text',
  'SKIP REMAINING IF': 'words',
  MEMORY: 'words',
  WORKDIR: 'words',
  USER: 'words',
  'SETUP FILE': 'words',
  LABEL: 'words',
  CLONE: 'words',
  AWS: 'text',
  'ARTIFACT PUBLIC': 'words',
};

export const INSTRUCTION_KINDS = Object.keys(INSTRUCTIONS) as readonly InstructionKind[];

/** Instructions that only Dockerfiles have, with what a Layerfile says instead. */
export const DOCKERFILE_ONLY: ReadonlyMap<string, string> = new Map([
  ['ADD', 'Write `COPY source... destination`, and fetch URLs with `RUN curl`.'],
  ['ARG', 'Write `BUILD ENV name` to take a value from the environment of the run.'],
  ['CMD', 'Write `RUN BACKGROUND command` to start a service, or `RUN command` to run a command to its end.'],
  ['ENTRYPOINT', 'Write `RUN BACKGROUND command` to start a service, or `RUN command` to run a command to its end.'],
  ['HEALTHCHECK', 'Write `RUN` with a command that waits until the service answers.'],
  ['MAINTAINER', 'Write it as a comment: `# Maintainer: name`.'],
  ['ONBUILD', 'Write the instruction in the Layerfiles that start FROM this one.'],
  ['SHELL', 'Commands are run by bash; write `RUN other-shell -c "command"` for another shell.'],
  ['STOPSIGNAL', 'Remove it: a machine is saved and restored, not stopped by a signal.'],
  ['VOLUME', 'Write `CACHE path...` for folders that should last across runs.'],
]);

/** Words that begin an instruction, in capitals as people write them: the place to take up parsing again. */
const FIRST_WORDS = [...new Set([...INSTRUCTION_KINDS.map((kind) => kind.split(' ')[0] ?? kind), 'EXPOSE', 'THEN'])];

/** Matches a line whose first word is in capitals and known. */
export const STARTS_INSTRUCTION = new RegExp(`^(?:${FIRST_WORDS.join('|')})(?=[ \\t]|$)`);
