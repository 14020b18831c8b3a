import type { Activity, BuildEvent, StepEnded } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import { detailLines } from './detail-lines.ts';
import { OutcomeCounts } from './outcome-counts.ts';
import { OutputLines } from './output-lines.ts';
import type { Palette } from './palette.ts';
import { partKey } from './part-key.ts';
import type { PlainView } from './plain-view.ts';
import { buildTitle, endedStepLine, formatLogLine, instructionText, warningText } from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { summaryText } from './summary.ts';

/** One Layerfile: every line of a step begins with its number, so that `grep '^3/5'` finds all of it. */
export class PlainSteps implements PlainView {
  readonly #palette: Palette;
  readonly #labels = new StepLabels();
  readonly #outputs = new OutputLines(this.#labels);
  readonly #outcomes = new OutcomeCounts();
  /** The last activity shown, by Layerfile: progress alone is not worth a line. */
  readonly #activities = new Map<string, `${Activity['activity']} ${string}`>();

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  take(event: BuildEvent): readonly string[] {
    switch (event.event) {
      case 'build':
        this.#labels.learn(event);
        return [buildTitle(event)];
      case 'start': {
        const text = instructionText(event.instruction);
        return [formatLogLine({ label: this.#labels.of(event), word: 'started', text }, this.#palette)];
      }
      case 'activity':
        return this.#activity(event);
      case 'output':
        return this.#outputs.push(event);
      case 'step':
        return this.#ended(event);
      case 'warning':
        return [this.#palette.yellow(`warning: ${warningText(event)}`)];
      case 'result':
        return [...this.end(), summaryText(this.#outcomes, event)];
      case 'machine':
      case 'exposed':
      case 'up':
        return [];
    }
  }

  end(): readonly string[] {
    return this.#outputs.flushAll();
  }

  #activity(event: Activity): readonly string[] {
    const shown = `${event.activity} ${event.text}` as const;
    if (this.#activities.get(partKey(event)) === shown) return [];
    this.#activities.set(partKey(event), shown);
    const line = { label: this.#labels.blank(event), word: event.activity, text: printableLine(event.text) };
    return [formatLogLine(line, this.#palette)];
  }

  #ended(step: StepEnded): readonly string[] {
    const label = this.#labels.of(step);
    this.#outcomes.add(step.outcome);
    this.#activities.delete(partKey(step));
    return [
      ...this.#outputs.flush(step),
      formatLogLine(endedStepLine(step, label), this.#palette),
      ...detailLines(step).map((line) => `${' '.repeat(label.length)}  ${line}`),
    ];
  }
}
