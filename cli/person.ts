import type { Interface } from 'node:readline';

import type { AskPerson, Question } from '../runner/index.ts';
import { inCi } from './ci.ts';
import type { ProgressMode } from './flags.ts';
import { printableLine } from './printable-text.ts';
import type { Surroundings } from './surroundings.ts';

type Terminal = Pick<Surroundings, 'stdin' | 'isStdinTerminal' | 'stderr' | 'environment'>;

/** Whether somebody is there to answer questions: at a terminal, not behind a program, a log or a CI service. */
export function isPersonThere(
  { json, progress }: { readonly json: boolean; readonly progress: ProgressMode },
  { isStdinTerminal, stderr, environment }: Omit<Terminal, 'stdin'>,
): boolean {
  if (json || progress === 'plain' || progress === 'quiet' || inCi(environment)) return false;
  return stderr.isTTY === true && isStdinTerminal();
}

/** One question at a time, in the order in which they come up: several builds may have one at once. */
export function oneAtATime(ask: AskPerson): AskPerson {
  let last: Promise<unknown> = Promise.resolve();
  return (question, signal) => {
    const asked = last.then(() => {
      signal.throwIfAborted();
      return ask(question, signal);
    });
    // How one question ends is no matter of the next.
    last = asked.catch(() => undefined);
    return asked;
  };
}

/** Asks on stderr and reads the answer from stdin, until it is one. The end of the input (Ctrl-D) is a no. */
export async function askAtTerminal(
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  question: Question,
  signal: AbortSignal,
): Promise<boolean> {
  // Loaded here: only a BUTTON needs it.
  const { createInterface } = await import('node:readline');
  // The terminal keeps its own line editing, and so makes Ctrl-C a signal like anywhere else.
  const lines = createInterface({ input: stdin(), terminal: false });
  try {
    for (;;) {
      stderr.write(promptOf(question));
      const answer = await nextLine(lines, signal);
      if (answer === null) stderr.write('\n');
      const agreed = answer === null ? false : meaningOf(answer);
      if (agreed !== null) return agreed;
    }
  } finally {
    lines.close();
  }
}

function promptOf({ layerfile, line, message }: Question): string {
  return `${printableLine(`? ${layerfile}:${line}: ${message}`)} [y/n] `;
}

function meaningOf(answer: string): boolean | null {
  const word = answer.trim().toLowerCase();
  if (['y', 'yes'].includes(word)) return true;
  return ['n', 'no'].includes(word) ? false : null;
}

/** Null at the end of the input. */
async function nextLine(lines: Interface, signal: AbortSignal): Promise<string | null> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  const onAbort = (): void => reject(signal.reason as Error);
  lines.once('line', resolve);
  lines.once('close', () => resolve(null));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    lines.off('line', resolve);
    signal.removeEventListener('abort', onAbort);
  }
}
