import { StringDecoder } from 'node:string_decoder';

import type { Layerfile } from '../grammar/index.ts';
import type { CommandEnd } from '../vm/index.ts';
import type { BuildContext } from './build-context.ts';
import { CapturedOutput } from './captured-output.ts';
import type { Session } from './session.ts';
import type { Step } from './step.ts';
import type { StepResult } from './step-result.ts';

/** What an instruction has to work with. */
export class StepContext {
  readonly build: BuildContext;
  readonly session: Session;
  readonly step: Step;
  readonly layerfile: Layerfile;

  constructor(build: BuildContext, session: Session, step: Step, layerfile: Layerfile) {
    this.build = build;
    this.session = session;
    this.step = step;
    this.layerfile = layerfile;
  }

  /** Runs a command line in the guest; its output goes out as events, whole characters only. It reads `input` on stdin. */
  async run(command: string, input?: Buffer): Promise<StepResult> {
    const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
    const end = await this.session.machine.run(command, {
      signal: this.build.signal,
      input,
      onOutput: (stream, bytes) => this.output(stream, decoders[stream].write(bytes)),
    });
    for (const stream of ['stdout', 'stderr'] as const) this.output(stream, decoders[stream].end());
    return resultOf(end);
  }

  /** Runs a command line of ours, as root, and hands over what it printed to stdout; its stderr goes out as events. */
  async capture(command: string, take: (stdout: string) => void): Promise<StepResult> {
    const stdout = new CapturedOutput(this.build.signal);
    const end = await this.session.machine.run(command, {
      signal: stdout.signal,
      onOutput: (stream, bytes) => {
        if (stream === 'stdout') stdout.add(bytes);
        else this.output(stream, bytes.toString());
      },
    });
    take(stdout.text());
    return resultOf(end);
  }

  output(stream: 'stdout' | 'stderr', text: string): void {
    if (text === '') return;
    this.build.emit({ event: 'output', layerfile: this.build.layerfile, step: this.step.number, stream, text });
  }
}

function resultOf(end: CommandEnd): StepResult {
  if (end.exitCode === 0) return { ok: true, exitCode: 0 };
  if (end.exitCode !== null) return { ok: false, exitCode: end.exitCode, message: `exit code ${end.exitCode}` };
  return { ok: false, exitCode: null, message: `ended by signal ${end.signalName}` };
}
