import type { BuildEvent, BuildResult, BuildWarning, StepEnded } from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';
import { truncateEnd } from '../text-width.ts';
import { detailLines } from './detail-lines.ts';
import { type Failure, failureLines } from './failure-lines.ts';
import { finishedRemark, finishedText } from './finished-line.ts';
import type { LayerfileTally } from './layerfile-tally.ts';
import { LiveRows } from './live-rows.ts';
import { liveTable } from './live-table.ts';
import type { LiveView, LiveWindow } from './live-view.ts';
import type { Palette } from './palette.ts';
import { planLines } from './plan-lines.ts';
import { endedStepLine, formatStatusLine, MARKS, OUTCOME_STYLES, warningText } from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { StepOutputs } from './step-outputs.ts';
import { summaryOfAll } from './summary.ts';
import { formatTableLine } from './table-line.ts';
import { Tallies } from './tallies.ts';
import { unbuiltLines } from './unbuilt-lines.ts';

/**
 * Many builds at once: a live table of what is under way, and a line that stays for each Layerfile that ran. Those that were
 * restored are only counted; what failed is told at the end, in full.
 */
export class TableView implements LiveView {
  /** Many things happen at once: they are shown once a frame. */
  readonly isPrompt = false;
  readonly #palette: Palette;
  readonly #labels = new StepLabels();
  readonly #outputs = new StepOutputs();
  readonly #tallies = new Tallies();
  readonly #rows = new LiveRows();
  readonly #failures: Failure[] = [];
  /** By text, which Layerfiles warned of the same. */
  readonly #warnings = new Map<string, number>();
  #startedAtMs: number | null = null;
  /** Whether anything was under way: what is only restored never shows a table. */
  #isBegun = false;
  #isOver = false;

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  get isLive(): boolean {
    return this.#isBegun && !this.#isOver;
  }

  take(event: BuildEvent, window: LiveWindow): readonly string[] {
    this.#startedAtMs ??= window.nowMs;
    this.#isBegun ||= event.event === 'start' || event.event === 'activity';
    switch (event.event) {
      case 'build':
        this.#labels.learn(event);
        this.#tallies.learn(event);
        return [];
      case 'start':
        this.#rows.started(event, window.nowMs);
        return [];
      case 'activity':
        this.#rows.activity(event, window.nowMs);
        return [];
      case 'output':
        this.#outputs.push(event);
        return [];
      case 'step':
        return this.#takeEnded(event, window);
      case 'warning':
        return this.#takeWarning(event);
      case 'result':
        return [...this.end(window), ...this.#summary(event)];
      case 'machine':
      case 'exposed':
      case 'up':
        return [];
    }
  }

  live(window: LiveWindow): readonly string[] {
    if (!this.isLive) return [];
    const contents = {
      rows: this.#rows,
      tallies: this.#tallies,
      labels: this.#labels,
      outputs: this.#outputs,
      failed: this.#failures.map(({ step }) => step),
      palette: this.#palette,
      startedAtMs: this.#startedAtMs ?? window.nowMs,
    };
    return liveTable(contents, window);
  }

  end({ columns }: LiveWindow): readonly string[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    this.#rows.clear();
    const failures = failureLines(this.#failures, this.#labels, columns, this.#palette);
    const unbuilt = unbuiltLines(this.#tallies, this.#labels.names, columns, this.#palette);
    return [...this.#repeatedWarnings(), ...failures, ...(failures.length === 0 ? [] : ['']), ...unbuilt];
  }

  #summary(result: BuildResult): readonly string[] {
    return summaryOfAll(this.#tallies, result).map((line) => this.#palette.bold(line));
  }

  #takeEnded(step: StepEnded, window: LiveWindow): readonly string[] {
    const tally = this.#tallies.take(step);
    if (this.#isBegun) this.#rows.stepEnded(step, tally?.isPartDone(step) ?? true);
    if (step.outcome === 'failed') this.#failures.push({ step, output: this.#outputs.ofFailure(step) });
    if (this.#isBegun) this.#outputs.forget(step);
    if (step.planned !== undefined) return this.#explained(step, window.columns);
    return tally?.isDone === true ? this.#finished(tally, window) : [];
  }

  /** Of a plan that explains itself every step is shown. */
  #explained(step: StepEnded, columns: number): readonly string[] {
    const line = { mark: MARKS[step.outcome], ...endedStepLine(step, this.#labels.of(step)) };
    const details = detailLines(step).map((text) => this.#palette.dim(truncateEnd(`       ${text}`, columns)));
    return [formatStatusLine(line, columns, this.#palette), ...details];
  }

  #finished(tally: LayerfileTally, { columns }: LiveWindow): readonly string[] {
    const { outcome, build } = tally;
    if (outcome === 'would-run') return this.#planned(tally, columns);
    if (outcome !== 'ran' && outcome !== 'waiting') return [];
    const line = {
      ...(outcome === 'ran' ? ({ mark: '✓', style: 'green' } as const) : ({ mark: '-', style: 'yellow' } as const)),
      name: this.#labels.names.of(build),
      count: `${build.steps}/${build.steps}`,
      time: outcome === 'ran' ? formatDuration(tally.tookMs) : '',
      text: outcome === 'ran' ? finishedText(tally) : `waits for a person: ${finishedText(tally)}`,
      remark: finishedRemark(tally),
    };
    return [formatTableLine(line, this.#labels.shape, columns, this.#palette)];
  }

  #planned(tally: LayerfileTally, columns: number): readonly string[] {
    const { layerfile } = tally.build;
    const [mark, style] = [MARKS['would-run'], OUTCOME_STYLES['would-run']];
    const name = this.#labels.names.of({ layerfile });
    return planLines(tally).map(({ step, text, remark }) => {
      const count = step === null ? '' : this.#labels.count({ layerfile, step });
      return formatTableLine({ mark, style, name, count, text, remark }, this.#labels.shape, columns, this.#palette);
    });
  }

  /** What many Layerfiles have to say alike is shown once, and counted. */
  #takeWarning(warning: BuildWarning): readonly string[] {
    const before = this.#warnings.get(warning.text);
    this.#warnings.set(warning.text, (before ?? 0) + 1);
    return before === undefined ? [this.#palette.yellow(`! ${warningText(warning)}`)] : [];
  }

  #repeatedWarnings(): readonly string[] {
    return [...this.#warnings]
      .filter(([, count]) => count > 1)
      .map(([text, count]) => this.#palette.yellow(printableLine(`! ${count - 1} more times: ${text}`)));
  }
}
