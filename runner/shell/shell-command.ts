import { asUser, type CommandPlace, enterStep, shellWord } from '../command-text.ts';

export interface ShellRequest {
  /** A program and its arguments; none: a shell. */
  readonly words: readonly string[];
  /** Whether it runs at a terminal. */
  readonly atTerminal: boolean;
  /** What a prompt begins with, to say where one is. */
  readonly prompt: string;
}

/**
 * What `layer shell` runs in the guest: as the user, in the folder and with the environment that a RUN at this place has,
 * SETUP FILEs sourced. These read nothing of what is meant for the shell. A terminal that the guest knows nothing of is taken for the one that most are like.
 */
export function shellCommand(place: CommandPlace, { words, atTerminal, prompt }: ShellRequest): string {
  const entering = `{ ${enterStep(place)}; } </dev/null`;
  const known = atTerminal ? `${KNOWN_TERMINAL}\n` : '';
  if (words.length > 0) return asUser(place, `${known}${entering} && exec -- ${words.map(shellWord).join(' ')}`);
  // People want to look at a machine also where its SETUP FILE or its folder is what is broken.
  return asUser(place, atTerminal ? `${known}${entering}\n${interactive(prompt)}` : `${entering} && exec bash`);
}

/** As `infocmp` would tell, which minimal systems lack. */
const KNOWN_TERMINAL =
  'for place in ~/.terminfo /etc/terminfo /lib/terminfo /usr/share/terminfo; do ' +
  '[ -e "$place/${TERM:0:1}/$TERM" ] && break; done || export TERM=xterm-256color; unset place';

const RC = '[ -r /etc/bash.bashrc ] && . /etc/bash.bashrc; [ -r ~/.bashrc ] && . ~/.bashrc';

/** Bash's own prompts, and Debian's. */
const USUAL_PROMPTS = String.raw`''|'\s-\v\$ '|*debian_chroot*`;

/**
 * An interactive bash. A prompt that ENV or the user's own files set stays; in place of a usual one comes ours. It is looked
 * at before as well: bash's own start-up files may put a usual one in the place of that of ENV, and a bash that sshd starts
 * reads the user's.
 */
function interactive(prompt: string): string {
  return [
    `prompt=${shellWord(`${prompt} ${String.raw`\w\$ `}`)}`,
    `case \${PS1-} in ${USUAL_PROMPTS}) PS1=$prompt;; esac`,
    String.raw`exec bash --rcfile <(printf '%s\ncase $PS1 in %s) PS1=%q;; esac\n' ` +
      `${shellWord(RC)} ${shellWord(USUAL_PROMPTS)} "$PS1") -i`,
  ].join('\n');
}
