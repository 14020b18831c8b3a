import type { Activity, BuildEvent, Exposed, StepEnded, StepOutcome, StepStarted } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import { truncateEnd } from '../text-width.ts';
import { detailLines } from './detail-lines.ts';
import { exposedLines } from './exposed-lines.ts';
import { LiveArea } from './live-area.ts';
import { activityLine, interruptedLine, outputLine, runningLine, upLine } from './live-lines.ts';
import type { Palette } from './palette.ts';
import type { Reporter } from './reporter.ts';
import { buildTitle, endedStepLine, formatStatusLine, MARKS, warningText } from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { keyOf, StepOutputs } from './step-outputs.ts';
import { summaryText } from './summary.ts';

/** About as often as a person sees that something moves. */
const FRAME_MS = 125;
/** Lines of output below the only running step, and below each of several. */
const TAIL_LINES = { alone: 3, several: 1 };

interface TtySurroundings {
  readonly signal: AbortSignal;
  /** Milliseconds from any fixed instant. */
  readonly now: () => number;
}

interface Since {
  readonly sinceMs: number;
}

/** For people: a line that stays for every step that has ended, and live lines for what is going on. */
export class TtyReporter implements Reporter {
  readonly #area: LiveArea;
  readonly #palette: Palette;
  readonly #surroundings: TtySurroundings;
  readonly #labels = new StepLabels();
  readonly #outputs = new StepOutputs();
  readonly #outcomes: StepOutcome[] = [];
  readonly #running = new Map<string, StepStarted & Since>();
  /** By Layerfile. Nothing says that an activity is over: the next thing that happens to its Layerfile does. */
  readonly #activities = new Map<string, Activity & Since>();
  readonly #exposed: Exposed[] = [];
  #timer: NodeJS.Timeout | null = null;
  #up = false;
  /** While somebody else has the screen: the lines to show afterwards. */
  #held: string[] | null = null;

  constructor(stdout: OutputStream, palette: Palette, surroundings: TtySurroundings) {
    this.#area = new LiveArea(stdout);
    this.#palette = palette;
    this.#surroundings = surroundings;
  }

  event(event: BuildEvent): void {
    const staying = this.#take(event);
    // What is only live is drawn at the next tick: a step that takes no time need not flash up.
    if (staying.length > 0) this.#show(staying);
    this.#keepTime();
  }

  end(): void {
    this.#running.clear();
    this.#activities.clear();
    this.#up = false;
    this.draw();
    this.#keepTime();
  }

  /** Draws the live lines as of now. */
  draw(): void {
    this.#show([]);
  }

  hold(): Disposable {
    this.#area.update([], []);
    this.#held = [];
    return {
      [Symbol.dispose]: () => {
        const held = this.#held ?? [];
        this.#held = null;
        this.#show(held);
      },
    };
  }

  #show(staying: readonly string[]): void {
    if (this.#held === null) this.#area.update(staying, this.#liveLines());
    else this.#held.push(...staying);
  }

  /** Takes note of an event; returns the lines that it leaves on the screen. */
  #take(event: BuildEvent): readonly string[] {
    const sinceMs = this.#surroundings.now();
    switch (event.event) {
      case 'build':
        this.#labels.learn(event);
        return [this.#palette.dim(buildTitle(event))];
      case 'start':
        this.#activities.delete(event.layerfile);
        this.#running.set(keyOf(event), { ...event, sinceMs });
        return [];
      case 'activity':
        this.#takeActivity(event, sinceMs);
        return [];
      case 'output':
        this.#outputs.push(event);
        return [];
      case 'step':
        return this.#takeEnded(event);
      case 'warning':
        return [this.#palette.yellow(`! ${warningText(event)}`)];
      case 'machine':
        return [];
      case 'result':
        this.#running.clear();
        this.#activities.clear();
        return [this.#palette.bold(summaryText(this.#outcomes, event))];
      case 'exposed':
        this.#exposed.push(event);
        return [];
      case 'up':
        this.#stayUp();
        return exposedLines(this.#exposed);
    }
  }

  /** Nothing ticks from here on, so the interrupt has to be drawn when it comes. */
  #stayUp(): void {
    this.#up = true;
    this.#surroundings.signal.addEventListener('abort', () => this.draw(), { once: true });
  }

  #takeActivity(activity: Activity, sinceMs: number): void {
    const before = this.#activities.get(activity.layerfile);
    const continues = before?.activity === activity.activity;
    this.#activities.set(activity.layerfile, { ...activity, sinceMs: continues ? before.sinceMs : sinceMs });
  }

  #takeEnded(step: StepEnded): readonly string[] {
    this.#running.delete(keyOf(step));
    this.#activities.delete(step.layerfile);
    this.#outcomes.push(step.outcome);
    const ended = { mark: MARKS[step.outcome], ...endedStepLine(step, this.#labels.of(step)) };
    const line = formatStatusLine(ended, this.#area.columns, this.#palette);
    const output = step.outcome === 'failed' ? this.#outputs.ofFailure(step) : [];
    this.#outputs.forget(step);
    const details = detailLines(step).map((text) =>
      this.#palette.dim(truncateEnd(`       ${text}`, this.#area.columns)),
    );
    return [line, ...details, ...output.map((text) => `    ${text}`)];
  }

  #liveLines(): readonly string[] {
    const layout = {
      columns: this.#area.columns,
      palette: this.#palette,
      labels: this.#labels,
      nowMs: this.#surroundings.now(),
    };
    const running = [...this.#running.values()];
    const tail = running.length === 1 ? TAIL_LINES.alone : TAIL_LINES.several;
    const lines = running.flatMap((step) => [
      runningLine(step, layout),
      ...this.#outputs.last(step, tail).map((text) => outputLine(text, layout)),
    ]);
    for (const activity of this.#activities.values()) lines.push(activityLine(activity, layout));
    const { aborted } = this.#surroundings.signal;
    if (this.#up && !aborted) lines.push(upLine(layout));
    if (aborted && (this.#up || lines.length > 0)) lines.push(interruptedLine(layout));
    return lines;
  }

  /** Ticks while there is something live, and never keeps the process alive. */
  #keepTime(): void {
    const live = this.#running.size + this.#activities.size > 0;
    if (live) this.#timer ??= setInterval(() => this.draw(), FRAME_MS).unref();
    else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
