import { Readable } from 'node:stream';

import { openShell, type ShellOptions, type ShellState } from '../../../runner/shell/open-shell.ts';
import type { CommandEnd } from '../../../vm/index.ts';
import type { FakeProject } from '../fake-project.ts';

export interface ShellRun {
  readonly end: CommandEnd;
  /** `KIND NUMBER`, or `KIND NUMBER for ASKED`. */
  readonly opened: string;
  readonly stdout: string;
  readonly warnings: readonly string[];
  /** The calls to machines of this shell only. */
  readonly calls: readonly string[];
}

/** Opens a shell in a fake project, and gives it `typed` to read. */
export async function shellIn(
  project: FakeProject,
  step: string | null = null,
  { typed = '', ...given }: Partial<ShellOptions> & { readonly typed?: string } = {},
): Promise<ShellRun> {
  const states: ShellState[] = [];
  const warnings: string[] = [];
  let stdout = '';
  const before = project.machines.calls.length;
  const end = await openShell({
    path: '.',
    step,
    directory: project.repository,
    home: project.home,
    accelerator: 'tcg',
    words: [],
    signal: new AbortController().signal,
    input: Readable.from([Buffer.from(typed)]),
    onOutput: (_stream, bytes) => (stdout += bytes.toString()),
    onState: (state) => states.push(state),
    onWarning: (text) => warnings.push(text),
    onReady: () => undefined,
    machines: project.machines,
    ...given,
  });
  return { end, opened: states.map(told).join(', '), stdout, warnings, calls: project.machines.calls.slice(before) };
}

function told({ kind, step, asked }: ShellState): string {
  return `${kind} ${step.number}${asked === null ? '' : ` for ${asked.number}`}`;
}
