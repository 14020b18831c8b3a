import type { Activity, BuildEvent, BuildStarted, StepEnded, StepOutcome } from '../../../runner/index.ts';
import { ended } from '../build-script.ts';

/** Writes the events of one Layerfile among several, `NAME/Layerfile`, or of one copy of it. */
export class ScriptedBuild {
  readonly name: string;
  readonly layerfile: string;
  readonly #steps: number;
  readonly #about: Partial<BuildStarted>;
  readonly #copy: { readonly copy?: number };

  constructor(name: string, steps: number, about: Partial<BuildStarted> = {}, copy?: number) {
    this.name = name;
    this.layerfile = `${name}/Layerfile`;
    this.#steps = steps;
    this.#about = about;
    this.#copy = copy === undefined ? {} : { copy };
  }

  copy(copy: number): ScriptedBuild {
    return new ScriptedBuild(this.name, this.#steps, this.#about, copy);
  }

  build(): BuildEvent {
    return { event: 'build', layerfile: this.layerfile, name: this.name, steps: this.#steps, ...this.#about };
  }

  started(step: number): BuildEvent {
    return { event: 'start', ...this.#place(step), line: step, instruction: instructionOf(step) };
  }

  activity(activity: Activity['activity'], text: string, progress?: number): BuildEvent {
    const known = progress === undefined ? {} : { progress };
    return { event: 'activity', layerfile: this.layerfile, ...this.#copy, activity, text, ...known };
  }

  output(step: number, text: string, stream: 'stdout' | 'stderr' = 'stdout'): BuildEvent {
    return { event: 'output', ...this.#place(step), stream, text };
  }

  ended(step: number, outcome: StepOutcome, about: Partial<StepEnded> = {}): BuildEvent {
    return { ...ended(step, instructionOf(step), { outcome, ...about }), ...this.#place(step) };
  }

  /** Steps `from` to `to`, which ended alike. */
  all(outcome: StepOutcome, from = 1, to = this.#steps): readonly BuildEvent[] {
    return Array.from({ length: to - from + 1 }, (_, index) => this.ended(from + index, outcome));
  }

  #place(step: number): { readonly layerfile: string; readonly copy?: number; readonly step: number } {
    return { layerfile: this.layerfile, ...this.#copy, step };
  }
}

/** What made a step run. */
export function changed(path: string): Partial<StepEnded> {
  return { miss: { reason: 'changed', kind: 'content', path, was: 'sha256:1', now: 'sha256:2' } };
}

/** A Layerfile that another one is FROM or WAITs for. */
export function need(kind: 'FROM' | 'WAIT', name: string) {
  return { kind, layerfile: `${name}/Layerfile` };
}

function instructionOf(step: number): string {
  return ['FROM vm/debian:12', 'COPY . .', 'RUN npm ci', 'RUN npm test'][step - 1] ?? `RUN make ${step}`;
}
