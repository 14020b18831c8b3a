import { runCommandLine } from '../../cli/command-line.ts';
import type { Runner, Surroundings } from '../../cli/surroundings.ts';
import { RecordedStream } from './recorded-stream.ts';

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly runner?: Partial<Runner>;
  readonly environment?: NodeJS.ProcessEnv;
  readonly controller?: AbortController;
  readonly input?: string;
  readonly startInBackground?: Surroundings['startInBackground'];
}

/** Runs a command line beside a runner that has only the given entries. */
export async function layer(args: readonly string[], given: Given = {}): Promise<Ended> {
  const [stdout, stderr] = [new RecordedStream(), new RecordedStream()];
  const { signal } = given.controller ?? new AbortController();
  const exitCode = await runCommandLine(args, {
    isStdinTerminal: () => false,
    stdout,
    stderr,
    stdin: () => {
      throw new Error('stdin was opened');
    },
    environment: { LAYER_HOME: '/home/layer', ...given.environment },
    currentFolder: () => '/current',
    readInput: () => given.input ?? '',
    loadRunner: () => {
      if (given.runner === undefined) throw new Error('the runner was loaded');
      return Promise.resolve(given.runner as Runner);
    },
    watchSignals: () => ({ signal, passTo: () => undefined, [Symbol.dispose]: () => undefined }),
    ...(given.startInBackground === undefined ? {} : { startInBackground: given.startInBackground }),
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}
