import { constants as systemConstants } from 'node:os';

import type { ShellState } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import type { ShellArguments } from '../arguments/build-arguments.ts';
import { printableLine } from '../../util/printable-text.ts';
import { createPalette, hasColour } from '../reporters/palette.ts';
import { HostTerminal, pipedInput } from '../shell/host-terminal.ts';
import { stateSentence } from '../shell/state-sentence.ts';
import type { Surroundings } from '../surroundings.ts';
import { readStepOperands } from './step-operands.ts';
import { workingFolder } from './working-folder.ts';

const NAME = 'layer: ';
const DEFAULT_COLUMNS = 80;
/** What shells add to a signal's number. */
const SIGNALLED = 128;

/**
 * `layer shell`: a shell or a command in a fork of a machine, with this process's stdin, stdout and stderr, at a terminal where
 * these are one. What it prints is not masked: it is the user's own. Resolves to its exit code.
 */
export async function shell(request: ShellArguments, surroundings: Surroundings, signal: AbortSignal): Promise<number> {
  const { stdout, stderr, environment } = surroundings;
  const directory = workingFolder(surroundings.currentFolder, request.directory);
  const { openShell } = await surroundings.loadRunner();
  const isTerminal = surroundings.isStdinTerminal() && stdout.isTTY === true;
  using terminal = isTerminal ? new HostTerminal(surroundings) : null;
  const reader = new AbortController();
  try {
    const end = await openShell({
      ...readStepOperands(request.operands, directory),
      directory,
      ...(request.revision === null ? {} : { rev: request.revision }),
      home: layerHome(environment),
      accelerator: request.accelerator,
      given: request.given,
      words: request.words,
      signal: AbortSignal.any([signal, reader.signal]),
      input: terminal?.input ?? pipedInput(surroundings.stdin()),
      ...(terminal === null ? {} : { terminal }),
      onOutput: (stream, bytes) => {
        surroundings[stream].write(bytes);
        if (surroundings[stream].isReaderGone === true) reader.abort(READER_GONE);
      },
      onState: (state) => stderr.write(`${stateLine(state, surroundings)}\n`),
      onWarning: (text) => stderr.write(`layer: ${printableLine(text)}\n`),
      onReady: () => terminal?.start(),
    });
    return end.signalName === null ? end.exitCode : SIGNALLED + numberOf(end.signalName);
  } catch (error) {
    terminal?.takeBack();
    if (reader.signal.aborted && !signal.aborted) return SIGNALLED + systemConstants.signals.SIGPIPE;
    throw error;
  }
}

/** As a program that is ended by SIGPIPE. */
const READER_GONE = new Error('Nobody reads the output any more');

function stateLine(state: ShellState, { stderr, environment }: Surroundings): string {
  const palette = createPalette(hasColour(stderr, environment));
  const columns = stderr.columns ?? DEFAULT_COLUMNS;
  return palette.dim(`${NAME}${stateSentence(state, columns - NAME.length, Date.now())}`);
}

function numberOf(signalName: string): number {
  const numbers: Readonly<Record<string, number>> = systemConstants.signals;
  return numbers[signalName.startsWith('SIG') ? signalName : `SIG${signalName}`] ?? 0;
}
