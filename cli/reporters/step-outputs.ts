import type { StepOutput } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import { LineSplitter } from './line-splitter.ts';
import { type StepPlace, stepKey } from './part-key.ts';

interface OutputTail {
  readonly step: StepPlace;
  readonly splitters: Readonly<Record<StepOutput['stream'], LineSplitter>>;
  lines: string[];
  dropped: number;
}

/** What is remembered of what a failed step wrote. */
export interface FailureOutput {
  readonly lines: readonly string[];
  /** How many lines were above these. */
  readonly dropped: number;
  /** Of background steps, with headings. */
  readonly background: readonly string[];
}

/** More than a person scrolls through; the whole output is in the `--json` events. */
const KEPT_LINES = 200;
/** Of what a background step says while another one fails. */
const SHOWN_OF_BACKGROUND = 10;

/** Remembers the last lines of what each step wrote, harmless for a screen, for a live view and for a failure. */
export class StepOutputs {
  readonly #tails = new Map<string, OutputTail>();

  push(output: StepOutput): void {
    const tail = this.#tailOf(output);
    append(tail, tail.splitters[output.stream].push(output.text));
  }

  /** The last `count` lines of `step`, without empty ones. */
  last(step: StepPlace, count: number): readonly string[] {
    const lines = this.#tails.get(stepKey(step))?.lines ?? [];
    return lines
      .slice(-4 * count)
      .filter((line) => line.trim() !== '')
      .slice(-count);
  }

  /** Forgets what `step` wrote. What it writes from now on, it writes in the background. */
  forget(step: StepPlace): void {
    this.#tails.delete(stepKey(step));
  }

  /** What a failed step wrote, as far as it is remembered, and what background steps of its machine wrote meanwhile. */
  ofFailure(step: StepPlace): FailureOutput {
    const own = this.#tails.get(stepKey(step));
    const background = [...this.#tails.values()].filter((tail) => isAbove(tail.step, step));
    return {
      ...(own === undefined ? { lines: [], dropped: 0 } : ended(own)),
      background: background.flatMap((tail) => [
        `(in the background, step ${tail.step.step}:)`,
        ...shown(ended(tail), SHOWN_OF_BACKGROUND),
      ]),
    };
  }

  #tailOf(output: StepOutput): OutputTail {
    const key = stepKey(output);
    const known = this.#tails.get(key);
    if (known !== undefined) return known;
    const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
    const { layerfile, copy, step } = output;
    const tail = { step: { layerfile, copy, step }, splitters, lines: [], dropped: 0 };
    this.#tails.set(key, tail);
    return tail;
  }
}

/** Above a SPLIT every copy has what ran there; other copies are other machines. */
function isAbove(upper: StepPlace, { layerfile, copy, step }: StepPlace): boolean {
  return upper.layerfile === layerfile && upper.step < step && (upper.copy === undefined || upper.copy === copy);
}

function append(tail: OutputTail, lines: readonly string[]): void {
  for (const line of lines) tail.lines.push(printableLine(line));
  // Cutting rarely is cheaper than cutting at every line.
  if (tail.lines.length > 2 * KEPT_LINES) dropFirst(tail, tail.lines.length - KEPT_LINES);
}

function dropFirst(tail: OutputTail, count: number): void {
  tail.lines = tail.lines.slice(count);
  tail.dropped += count;
}

/** With the line that was begun and not ended. */
function ended(tail: OutputTail): Pick<FailureOutput, 'lines' | 'dropped'> {
  append(tail, [...tail.splitters.stdout.flush(), ...tail.splitters.stderr.flush()]);
  return tail;
}

/** The last lines of what a failed step wrote, at most `most`, and how much is above them; then those of background steps. */
export function failureText({ background, ...own }: FailureOutput, most = KEPT_LINES): readonly string[] {
  return [...shown(own, most), ...background];
}

function shown({ lines, dropped }: Pick<FailureOutput, 'lines' | 'dropped'>, most: number): readonly string[] {
  const above = dropped + Math.max(0, lines.length - most);
  return above === 0 ? lines : [`… ${above} ${above === 1 ? 'line' : 'lines'} above`, ...lines.slice(-most)];
}
