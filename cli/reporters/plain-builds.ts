import type { Activity, BuildEvent, BuildWarning, StepEnded } from '../../runner/index.ts';
import { counted } from '../../util/counted.ts';
import { printableLine } from '../../util/printable-text.ts';
import { detailLines } from './detail-lines.ts';
import { finishedRemark, finishedText, finishedTextBeside } from './finished-line.ts';
import type { LayerfileTally } from './layerfile-tally.ts';
import type { LayerfileOutcome } from './outcome-counts.ts';
import { OutputLines } from './output-lines.ts';
import type { Palette, Style } from './palette.ts';
import { type PartPlace, partKey } from './part-key.ts';
import type { PlainView } from './plain-view.ts';
import { type PlanLine, planLines } from './plan-lines.ts';
import { endedStepLine, formatLogLine, instructionText, OUTCOME_STYLES, type StatusLine } from './status-line.ts';
import { StepLabels } from './step-labels.ts';
import { summaryOfAll } from './summary.ts';
import { Tallies } from './tallies.ts';
import { blameText } from './unbuilt-lines.ts';

/**
 * Many builds at once, as a log: every line begins with the name of its build, so that `grep '^api '` finds all of it. What was
 * restored or skipped has no lines of its own, but is counted in the last one of its Layerfile.
 */
export class PlainBuilds implements PlainView {
  readonly #palette: Palette;
  readonly #isPlan: boolean;
  readonly #labels = new StepLabels();
  readonly #outputs = new OutputLines(this.#labels);
  readonly #tallies = new Tallies();
  /** The last activity shown, by build: progress alone is not worth a line. */
  readonly #activities = new Map<string, string>();
  /** Layerfiles whose first line was written. */
  readonly #begun = new Set<string>();

  constructor(palette: Palette, { isPlan }: { readonly isPlan: boolean }) {
    this.#palette = palette;
    this.#isPlan = isPlan;
  }

  take(event: BuildEvent): readonly string[] {
    switch (event.event) {
      case 'build':
        this.#labels.learn(event);
        this.#tallies.learn(event);
        return [];
      case 'start': {
        const text = instructionText(event.instruction);
        return [...this.#begin(event), this.#line({ label: this.#labels.of(event), word: 'started', text })];
      }
      case 'activity':
        return this.#activity(event);
      case 'output':
        return this.#outputs.push(event);
      case 'step':
        return this.#ended(event);
      case 'warning':
        return [this.#warning(event)];
      case 'result':
        return [...this.end(), ...summaryOfAll(this.#tallies, event)];
      case 'machine':
      case 'exposed':
      case 'up':
        return [];
    }
  }

  end(): readonly string[] {
    return this.#outputs.flushAll();
  }

  /** The first line of what is not only restored: where it is, and what it comes after. */
  #begin({ layerfile }: PartPlace): readonly string[] {
    const build = this.#labels.names.build(layerfile);
    if (build === undefined || this.#begun.has(layerfile)) return [];
    this.#begun.add(layerfile);
    const needs = (build.needs ?? []).map((need) => `${need.kind} ${this.#labels.names.of(need)}`);
    const split = build.split === undefined ? [] : [`SPLIT ${build.split.copies}`];
    const text = [printableLine(layerfile), counted(build.steps, 'step'), ...needs, ...split].join(', ');
    return [this.#line({ label: this.#labels.blank(build), word: 'begins', text })];
  }

  #activity(event: Activity): readonly string[] {
    const shown = `${event.activity} ${event.text}`;
    if (this.#activities.get(partKey(event)) === shown) return [];
    this.#activities.set(partKey(event), shown);
    const line = { label: this.#labels.blank(event), word: event.activity, text: printableLine(event.text) };
    return [...this.#begin(event), this.#line(line)];
  }

  #ended(step: StepEnded): readonly string[] {
    if (this.#activities.size > 0) this.#activities.delete(partKey(step));
    const tally = this.#tallies.take(step);
    const written = this.#outputs.flush(step);
    if (tally?.isDone !== true) return isCounted(step) ? written : [...written, ...this.#endedStep(step)];
    return [...written, ...(isCounted(step) ? [] : this.#endedStep(step)), ...this.#done(tally)];
  }

  #endedStep(step: StepEnded): readonly string[] {
    const label = this.#labels.of(step);
    return [
      ...(step.planned === undefined ? this.#begin(step) : []),
      this.#line(endedStepLine(step, label)),
      ...detailLines(step).map((line) => `${label}  ${line}`),
    ];
  }

  /** The last line of a Layerfile; of a plan, what would run of it. */
  #done(tally: LayerfileTally): readonly string[] {
    const { outcome, build } = tally;
    if (this.#isPlan) {
      const isExplained = tally.wouldRun[0]?.planned !== undefined;
      return isExplained ? [] : planLines(tally).map((line) => this.#planLine(build, line));
    }
    const blame = outcome === 'skipped' ? blameText(build.layerfile, this.#tallies, this.#labels.names) : '';
    const line: StatusLine = {
      label: this.#labels.blank(build),
      word: outcome === 'ran' ? 'done' : outcome,
      style: styleOf(outcome),
      durationMs: tally.tookMs === 0 ? null : tally.tookMs,
      text: outcome === 'ran' ? finishedText(tally) : finishedTextBeside(tally),
      remark: blame === '' ? finishedRemark(tally) : `(${blame})`,
    };
    return [this.#line(line)];
  }

  #planLine({ layerfile }: PartPlace, { step, text, remark }: PlanLine): string {
    const label = step === null ? this.#labels.blank({ layerfile }) : this.#labels.of({ layerfile, step });
    return this.#line({ label, word: 'would-run', style: OUTCOME_STYLES['would-run'], text, remark });
  }

  #warning({ layerfile, copy, text }: BuildWarning): string {
    if (layerfile === '') return this.#palette.yellow(printableLine(`warning: ${text}`));
    const label = this.#labels.blank({ layerfile, copy });
    return this.#line({ label, word: 'warning', style: 'yellow', text: printableLine(text) });
  }

  #line(line: Pick<StatusLine, 'label' | 'word' | 'text'> & Partial<StatusLine>): string {
    return formatLogLine(line, this.#palette);
  }
}

/** Told only in the last line of its Layerfile. */
function isCounted({ outcome, planned, durationMs }: StepEnded): boolean {
  if (planned !== undefined) return false;
  return !(outcome === 'ran' || outcome === 'failed' || (outcome === 'cancelled' && durationMs > 0));
}

function styleOf(outcome: LayerfileOutcome): Style {
  return outcome === 'waiting' || outcome === 'pending' ? 'yellow' : OUTCOME_STYLES[outcome];
}
