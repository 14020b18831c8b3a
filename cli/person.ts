import type { Interface } from 'node:readline';

import type { AskPerson, Question } from '../runner/index.ts';
import { inCi } from './ci.ts';
import type { ProgressMode } from './flags.ts';
import { printableLine } from '../util/printable-text.ts';
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
  return async (question, signal) => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    last = promise;
    try {
      await untilAborted(before, signal);
      return await ask(question, signal);
    } finally {
      // Whoever gave up while waiting for its turn has not had the one before it.
      void before.then(() => resolve(undefined));
    }
  };
}

/** As `waited`, but rejects with the signal's reason when that is aborted. */
async function untilAborted<Value>(waited: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([waited, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
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

function promptOf({ layerfile, copy, line, message }: Question): string {
  const which = copy === undefined ? '' : ` (copy ${copy})`;
  return `${printableLine(`? ${layerfile}:${line}: ${message}${which}`)} [y/n] `;
}

function meaningOf(answer: string): boolean | null {
  const word = answer.trim().toLowerCase();
  if (['y', 'yes'].includes(word)) return true;
  return ['n', 'no'].includes(word) ? false : null;
}

/** Null at the end of the input. */
async function nextLine(lines: Interface, signal: AbortSignal): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  lines.once('line', resolve);
  lines.once('close', () => resolve(null));
  try {
    return await untilAborted(promise, signal);
  } finally {
    lines.off('line', resolve);
  }
}
