import { openShell } from '../../runner/index.ts';
import type { TerminalWork, WorkEnd, WorkPlace } from './messages.ts';
import { RemoteTerminal } from './remote-terminal.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import type { WorkerLink } from './worker-link.ts';

/** A shell in a fork of the machine as the job left it after a step, at a terminal that the server passes on. */
export async function runTerminal(
  place: WorkPlace,
  { layerfile, step, columns, rows }: TerminalWork,
  link: WorkerLink,
  { accelerator }: WorkerSurroundings,
): Promise<WorkEnd> {
  using terminal = new RemoteTerminal({ columns, rows }, link);
  const { exitCode } = await openShell({
    path: layerfile,
    step,
    directory: place.repository,
    rev: place.commit,
    home: place.home,
    secretsHome: place.secretsHome,
    accelerator,
    slots: link.slots,
    signal: link.signal,
    words: [],
    terminal,
    input: terminal.input,
    output: terminal.output,
    // A program at a terminal has no other stream.
    onOutput: () => undefined,
    onState: (state) => void link.send({ type: 'state', state }),
    onWarning: (text) => void link.send({ type: 'event', event: { event: 'warning', layerfile, text } }),
    onReady: () => void link.send({ type: 'ready' }),
  });
  await terminal.printed(link.signal);
  return { kind: 'done', exitCode };
}
