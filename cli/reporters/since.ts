import type { BuildEvent, StepEnded } from '../../runner/index.ts';
import { counted } from '../../util/counted.ts';
import type { OutputStream } from '../output-stream.ts';
import { printableLine } from '../../util/printable-text.ts';
import type { Palette } from './palette.ts';
import type { Reporter } from './reporter.ts';
import { endedStepLine, formatStatusLine, warningText } from './status-line.ts';
import { StepLabels } from './step-labels.ts';

/** What a change affects: a line for each step that is not as it was at the commit, and a count of the others. */
export class SinceReporter implements Reporter {
  readonly #stdout: OutputStream;
  readonly #palette: Palette;
  readonly #since: string;
  readonly #columns: number;
  readonly #labels = new StepLabels();
  readonly #affected: StepEnded[] = [];
  #others = 0;

  /** `columns`: of the window; Infinity for logs. */
  constructor(stdout: OutputStream, palette: Palette, since: string, columns: number) {
    this.#stdout = stdout;
    this.#palette = palette;
    this.#since = since;
    this.#columns = columns;
  }

  event(event: BuildEvent): void {
    if (event.event === 'build') this.#labels.learn(event);
    else if (event.event === 'warning') this.#write(this.#palette.yellow(`! ${warningText(event)}`));
    else if (event.event === 'step' && event.affected === true) this.#affected.push(event);
    else if (event.event === 'step') this.#others++;
    else if (event.event === 'result') this.#show();
  }

  end(): void {
    // Everything was told with the result; without one there is nothing to tell.
  }

  #show(): void {
    for (const step of this.#affected)
      this.#write(formatStatusLine(endedStepLine(step, this.#labels.of(step)), this.#columns, this.#palette).trimEnd());
    this.#write(this.#palette.bold(this.#summary()));
  }

  #summary(): string {
    const since = printableLine(this.#since);
    if (this.#affected.length === 0) return `no step is affected by what changed since ${since}`;
    const builds = new Set(this.#affected.map(({ layerfile }) => layerfile));
    const where = builds.size === 1 ? '' : ` of ${counted(builds.size, 'Layerfile')}`;
    const verb = this.#affected.length === 1 ? 'is' : 'are';
    const steps = counted(this.#affected.length, 'step');
    return `${steps}${where} ${verb} affected by what changed since ${since}; ${this.#others} not`;
  }

  #write(line: string): void {
    this.#stdout.write(`${line}\n`);
  }
}
