import { openShell } from '../../runner/index.ts';
import { laterOptions } from './later-options.ts';
import type { TerminalWork, WorkEnd, WorkPlace } from './messages.ts';
import { RemoteTerminal } from './remote-terminal.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import type { WorkerLink } from './worker-link.ts';

/** A shell in a fork of the machine as the job left it after a step, at a terminal that the server passes on. */
export async function runTerminal(
  place: WorkPlace,
  work: TerminalWork,
  link: WorkerLink,
  surroundings: WorkerSurroundings,
): Promise<WorkEnd> {
  const { layerfile, step } = work;
  using terminal = new RemoteTerminal(work, link);
  const { exitCode } = await openShell({
    ...laterOptions(place, work, link, surroundings),
    path: layerfile,
    step,
    words: [],
    terminal,
    input: terminal.input,
    output: terminal.output,
    // A program at a terminal has no other stream.
    onOutput: () => undefined,
    onState: (state) => void link.send({ type: 'state', state }),
    onWarning: (text) => void link.send({ type: 'event', event: { event: 'warning', layerfile, text } }),
    onActivity: (event) => void link.send({ type: 'event', event }),
    onReady: () => void link.send({ type: 'ready' }),
  });
  await terminal.printed(link.signal);
  return { kind: 'done', exitCode };
}
