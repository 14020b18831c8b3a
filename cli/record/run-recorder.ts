import type { BuildEvent, BuildResult, BuildStarted, BuildWarning, StepEnded } from '../../runner/index.ts';
import { failureText, StepOutputs } from '../reporters/step-outputs.ts';
import { MachineRecorder } from './machine-recorder.ts';
import { PartRecorder } from './part-recorder.ts';
import type { LayerfileRecord, RunRecord } from './run-record.ts';

interface OpenLayerfile {
  readonly build: BuildStarted;
  /** By copy; null is the part that has none. */
  readonly parts: Map<number | null, PartRecorder>;
}

/** Notes what a run tells, and when: the time of an event is that of its coming. */
export class RunRecorder {
  readonly #now: () => number;
  readonly #beganMs: number;
  readonly #startedAtMs: number;
  readonly #layerfiles = new Map<string, OpenLayerfile>();
  readonly #machines = new MachineRecorder();
  readonly #outputs = new StepOutputs();
  readonly #warnings: BuildWarning[] = [];
  #result: BuildResult | null = null;

  /** `now` is monotonic, in milliseconds; `startedAtMs` the wall clock at this moment. */
  constructor(now: () => number, startedAtMs: number) {
    this.#now = now;
    this.#beganMs = now();
    this.#startedAtMs = startedAtMs;
  }

  /** False where the run ended before it began to build anything: there is nothing to tell of it. */
  get hasBegun(): boolean {
    return this.#layerfiles.size > 0;
  }

  event(event: BuildEvent): void {
    const atMs = this.#elapsedMs();
    switch (event.event) {
      case 'build':
        this.#layerfiles.set(event.layerfile, { build: event, parts: new Map() });
        break;
      case 'activity':
        this.#partOf(event)?.activity(event, atMs);
        break;
      case 'start':
        this.#partOf(event)?.started(event, atMs);
        break;
      case 'output':
        this.#outputs.push(event);
        break;
      case 'step':
        this.#partOf(event)?.ended(event, this.#outputOf(event), atMs);
        break;
      case 'machine':
        this.#machines.event(event, atMs);
        break;
      case 'warning':
        this.#warnings.push(event);
        break;
      case 'result':
        this.#result = event;
        break;
      case 'exposed':
      case 'up':
        break;
    }
  }

  /** What was told until now. `trouble`: what ended the run before its time. */
  finish(trouble: string | null): RunRecord {
    const endMs = this.#elapsedMs();
    return {
      startedAtMs: this.#startedAtMs,
      durationMs: endMs,
      layerfiles: [...this.#layerfiles.values()].map((open) => layerfileRecord(open, endMs)),
      machines: this.#machines.finish(endMs),
      warnings: this.#warnings,
      result: this.#result,
      trouble,
    };
  }

  #elapsedMs(): number {
    return this.#now() - this.#beganMs;
  }

  /** Undefined for what belongs to no Layerfile that is built. */
  #partOf({
    layerfile,
    copy: number,
  }: {
    readonly layerfile: string;
    readonly copy?: number;
  }): PartRecorder | undefined {
    const copy = number ?? null;
    const parts = this.#layerfiles.get(layerfile)?.parts;
    const part = parts?.get(copy) ?? new PartRecorder(copy);
    parts?.set(copy, part);
    return part;
  }

  #outputOf(step: StepEnded): readonly string[] {
    const lines = step.outcome === 'failed' ? failureText(this.#outputs.ofFailure(step)) : [];
    this.#outputs.forget(step);
    return lines;
  }
}

function layerfileRecord({ build, parts }: OpenLayerfile, endMs: number): LayerfileRecord {
  const { layerfile, name, needs = [], split } = build;
  const inOrder = [...parts].sort(([a], [b]) => (a ?? -1) - (b ?? -1)).map(([, part]) => part);
  return { layerfile, name, needs, split: split ?? null, parts: inOrder.map((part) => part.finish(endMs)) };
}
