import type {
  Activity,
  BuildEvent,
  Exposed,
  StepEnded,
  StepOutcome,
  StepOutput,
  StepStarted,
} from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import { printableLine } from '../printable-text.ts';
import { detailLines } from './detail-lines.ts';
import { exposedLines } from './exposed-lines.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Palette } from './palette.ts';
import type { Reporter } from './reporter.ts';
import {
  buildTitle,
  endedStepLine,
  formatStatusLine,
  instructionText,
  type StatusLine,
  warningText,
} from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { summaryText } from './summary.ts';

type ActivityName = Activity['activity'];

/**
 * For logs: one line after the other, each as long as it is, the output of steps as it comes. Every line of a step begins
 * with its label, so that `grep '^3/5'` finds all of it.
 */
export class PlainReporter implements Reporter {
  readonly #stdout: OutputStream;
  readonly #palette: Palette;
  readonly #labels = new StepLabels();
  readonly #outcomes: StepOutcome[] = [];
  readonly #exposed: Exposed[] = [];
  /** By label and stream. */
  readonly #splitters = new Map<string, LineSplitter>();
  /** The last activity shown, by Layerfile: progress alone is not worth a line. */
  readonly #activities = new Map<string, `${ActivityName} ${string}`>();

  constructor(stdout: OutputStream, palette: Palette) {
    this.#stdout = stdout;
    this.#palette = palette;
  }

  event(event: BuildEvent): void {
    switch (event.event) {
      case 'build':
        this.#labels.learn(event);
        this.#write(buildTitle(event));
        break;
      case 'start':
        this.#started(event);
        break;
      case 'activity':
        this.#activity(event);
        break;
      case 'output':
        this.#output(event);
        break;
      case 'step':
        this.#ended(event);
        break;
      case 'warning':
        this.#write(this.#palette.yellow(`warning: ${warningText(event)}`));
        break;
      case 'result':
        this.end();
        this.#write(summaryText(this.#outcomes, event));
        break;
      case 'exposed':
        this.#exposed.push(event);
        break;
      case 'up':
        for (const line of [...exposedLines(this.#exposed), 'Up until interrupted']) this.#write(line);
    }
  }

  end(): void {
    for (const [key, splitter] of this.#splitters) this.#writeOutput(key.slice(0, -'/stdout'.length), splitter.flush());
    this.#splitters.clear();
  }

  #started(step: StepStarted): void {
    this.#writeStatus({ label: this.#labels.of(step), word: 'started', text: instructionText(step.instruction) });
  }

  #activity({ layerfile, activity, text }: Activity): void {
    const shown = `${activity} ${text}` as const;
    if (this.#activities.get(layerfile) === shown) return;
    this.#activities.set(layerfile, shown);
    this.#writeStatus({ label: this.#labels.blank(layerfile), word: activity, text: printableLine(text) });
  }

  #output(output: StepOutput): void {
    const label = this.#labels.of(output);
    const key = `${label}/${output.stream}`;
    const splitter = this.#splitters.get(key) ?? new LineSplitter();
    this.#splitters.set(key, splitter);
    this.#writeOutput(label, splitter.push(output.text));
  }

  #ended(step: StepEnded): void {
    const label = this.#labels.of(step);
    for (const stream of ['stdout', 'stderr'])
      this.#writeOutput(label, this.#splitters.get(`${label}/${stream}`)?.flush() ?? []);
    this.#outcomes.push(step.outcome);
    this.#activities.delete(step.layerfile);
    this.#writeStatus(endedStepLine(step, label));
    for (const line of detailLines(step)) this.#write(`${' '.repeat(label.length)}  ${line}`);
  }

  #writeStatus(line: Pick<StatusLine, 'label' | 'word' | 'text'> & Partial<StatusLine>): void {
    const whole: StatusLine = { style: 'dim', durationMs: null, remark: '', ...line };
    this.#write(formatStatusLine(whole, Infinity, this.#palette).trimEnd());
  }

  #writeOutput(label: string, lines: readonly string[]): void {
    for (const line of lines) this.#write(`${label}  | ${printableLine(line)}`.trimEnd());
  }

  #write(line: string): void {
    this.#stdout.write(`${line}\n`);
  }
}
