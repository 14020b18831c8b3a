import type { BuildEvent, Exposed } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import { exposedLines } from './exposed-lines.ts';
import type { Palette } from './palette.ts';
import type { Reporter } from './reporter.ts';
import { endedStepLine, formatStatusLine } from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { failureText, StepOutputs } from './step-outputs.ts';

/** Silent, but for steps that fail and what they wrote, and for URLs that were asked for. */
export class QuietReporter implements Reporter {
  readonly #stdout: OutputStream;
  readonly #palette: Palette;
  readonly #labels = new StepLabels();
  readonly #outputs = new StepOutputs();
  readonly #exposed: Exposed[] = [];

  constructor(stdout: OutputStream, palette: Palette) {
    this.#stdout = stdout;
    this.#palette = palette;
  }

  event(event: BuildEvent): void {
    if (event.event === 'build') this.#labels.learn(event);
    if (event.event === 'output') this.#outputs.push(event);
    if (event.event === 'exposed') this.#exposed.push(event);
    if (event.event === 'up') this.#stdout.write(`${exposedLines(this.#exposed, this.#labels.names).join('\n')}\n`);
    if (event.event !== 'step') return;
    if (event.outcome === 'failed') {
      const title = formatStatusLine(endedStepLine(event, this.#labels.of(event)), Infinity, this.#palette);
      const output = failureText(this.#outputs.ofFailure(event)).map((text) => `    ${text}`.trimEnd());
      this.#stdout.write(`${[title, ...output].join('\n')}\n`);
    }
    this.#outputs.forget(event);
  }

  end(): void {
    // Nothing is held back: a step that did not fail is not shown.
  }
}
