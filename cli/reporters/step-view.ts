import type { Activity, BuildEvent, StepEnded, StepStarted } from '../../runner/index.ts';
import { truncateEnd } from '../text-width.ts';
import { detailLines } from './detail-lines.ts';
import { activityLine, outputLine, runningLine } from './live-lines.ts';
import type { LiveView, LiveWindow } from './live-view.ts';
import { OutcomeCounts } from './outcome-counts.ts';
import type { Palette } from './palette.ts';
import { partKey, stepKey } from './part-key.ts';
import { buildTitle, endedStepLine, formatStatusLine, MARKS, warningText } from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { failureText, StepOutputs } from './step-outputs.ts';
import { summaryText } from './summary.ts';

/** Lines of output below the only running step, and below each of several. */
const TAIL_LINES = { alone: 3, several: 1 };

interface Since {
  readonly sinceMs: number;
}

/** One Layerfile: a line that stays for every step that has ended, and live lines for what is going on. */
export class StepView implements LiveView {
  readonly isPrompt = true;
  readonly #palette: Palette;
  readonly #labels = new StepLabels();
  readonly #outputs = new StepOutputs();
  readonly #outcomes = new OutcomeCounts();
  readonly #running = new Map<string, StepStarted & Since>();
  /** Nothing says that an activity is over: the next thing that happens to its Layerfile does. */
  readonly #activities = new Map<string, Activity & Since>();

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  get isLive(): boolean {
    return this.#running.size + this.#activities.size > 0;
  }

  take(event: BuildEvent, window: LiveWindow): readonly string[] {
    switch (event.event) {
      case 'build':
        this.#labels.learn(event);
        return [this.#palette.dim(buildTitle(event))];
      case 'start':
        this.#activities.delete(partKey(event));
        this.#running.set(stepKey(event), { ...event, sinceMs: window.nowMs });
        return [];
      case 'activity':
        this.#takeActivity(event, window.nowMs);
        return [];
      case 'output':
        this.#outputs.push(event);
        return [];
      case 'step':
        return this.#takeEnded(event, window.columns);
      case 'warning':
        return [this.#palette.yellow(`! ${warningText(event)}`)];
      case 'result':
        this.end();
        return [this.#palette.bold(summaryText(this.#outcomes, event))];
      case 'machine':
      case 'exposed':
      case 'up':
        return [];
    }
  }

  live({ columns, nowMs }: LiveWindow): readonly string[] {
    const layout = { columns, palette: this.#palette, labels: this.#labels, nowMs };
    const running = [...this.#running.values()];
    const tail = running.length === 1 ? TAIL_LINES.alone : TAIL_LINES.several;
    const lines = running.flatMap((step) => [
      runningLine(step, layout),
      ...this.#outputs.last(step, tail).map((text) => outputLine(text, layout)),
    ]);
    for (const activity of this.#activities.values()) lines.push(activityLine(activity, layout));
    return lines;
  }

  end(): readonly string[] {
    this.#running.clear();
    this.#activities.clear();
    return [];
  }

  #takeActivity(activity: Activity, nowMs: number): void {
    const before = this.#activities.get(partKey(activity));
    const continues = before?.activity === activity.activity;
    this.#activities.set(partKey(activity), { ...activity, sinceMs: continues ? before.sinceMs : nowMs });
  }

  #takeEnded(step: StepEnded, columns: number): readonly string[] {
    this.#running.delete(stepKey(step));
    this.#activities.delete(partKey(step));
    this.#outcomes.add(step.outcome);
    const ended = { mark: MARKS[step.outcome], ...endedStepLine(step, this.#labels.of(step)) };
    const line = formatStatusLine(ended, columns, this.#palette);
    const output = step.outcome === 'failed' ? failureText(this.#outputs.ofFailure(step)) : [];
    this.#outputs.forget(step);
    const details = detailLines(step).map((text) => this.#palette.dim(truncateEnd(`       ${text}`, columns)));
    return [line, ...details, ...output.map((text) => `    ${text}`)];
  }
}
