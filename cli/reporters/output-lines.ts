import type { StepOutput } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import { LineSplitter } from './line-splitter.ts';
import { type StepPlace, stepKey } from './part-key.ts';
import type { StepLabels } from './step-labels.ts';

interface StepSplitters {
  readonly step: StepPlace;
  readonly splitters: Readonly<Record<StepOutput['stream'], LineSplitter>>;
}

/** Makes lines of what steps write, each with the label of its step: `api 3/5  | added 12 packages`. */
export class OutputLines {
  readonly #labels: StepLabels;
  readonly #steps = new Map<string, StepSplitters>();

  constructor(labels: StepLabels) {
    this.#labels = labels;
  }

  /** The lines that this completes. */
  push(output: StepOutput): readonly string[] {
    return this.#labelled(output, this.#splittersOf(output).splitters[output.stream].push(output.text));
  }

  /** The lines of `step` that were begun and not ended. */
  flush(step: StepPlace): readonly string[] {
    // Thousands of restored steps end without a word.
    if (this.#steps.size === 0) return [];
    const known = this.#steps.get(stepKey(step));
    this.#steps.delete(stepKey(step));
    if (known === undefined) return [];
    return this.#labelled(step, [...known.splitters.stdout.flush(), ...known.splitters.stderr.flush()]);
  }

  flushAll(): readonly string[] {
    return [...this.#steps.values()].flatMap(({ step }) => this.flush(step));
  }

  #splittersOf(output: StepOutput): StepSplitters {
    const key = stepKey(output);
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const { layerfile, copy, step } = output;
    const made = {
      step: { layerfile, copy, step },
      splitters: { stdout: new LineSplitter(), stderr: new LineSplitter() },
    };
    this.#steps.set(key, made);
    return made;
  }

  #labelled(step: StepPlace, lines: readonly string[]): readonly string[] {
    if (lines.length === 0) return lines;
    const label = this.#labels.of(step);
    return lines.map((line) => `${label}  | ${printableLine(line)}`.trimEnd());
  }
}
