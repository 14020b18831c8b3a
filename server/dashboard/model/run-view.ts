import type { BuildEvent, BuildNeed, BuildResult, BuildStarted, BuildWarning } from '../../../runner/index.ts';
import type { RecordedEvent, RunEnded } from '../../api/schemas/index.ts';
import { partKey, PartView } from './part.ts';

export interface LayerfileView {
  readonly layerfile: string;
  readonly name: string;
  readonly needs: readonly BuildNeed[];
  /** Trunk first, then the copies below its SPLIT. */
  readonly parts: readonly PartView[];
}

type OfPart = { readonly layerfile: string; readonly copy?: number };

/** All that a run has told so far. It changes as lines come; whoever draws it looks again when told to. */
export class RunView {
  readonly layerfiles: LayerfileView[] = [];
  readonly warnings: BuildWarning[] = [];
  result: BuildResult | null = null;
  ended: RunEnded | null = null;
  /** Of the last line, milliseconds since the run began. */
  atMs = 0;
  readonly #parts = new Map<string, PartView>();

  get parts(): readonly PartView[] {
    return this.layerfiles.flatMap(({ parts }) => parts);
  }

  part(layerfile: string, copy: number | null): PartView | undefined {
    return this.#parts.get(partKey(layerfile, copy));
  }

  take(line: RecordedEvent): void {
    this.atMs = Math.max(this.atMs, line.atMs);
    if (line.event === 'end') this.#end(line);
    else this.#takeEvent(line, line.atMs);
  }

  #takeEvent(event: BuildEvent, atMs: number): void {
    switch (event.event) {
      case 'build':
        this.#begin(event);
        break;
      case 'activity':
        this.#partOf(event)?.did(event, atMs);
        break;
      case 'start':
        this.#partOf(event)?.started(event, atMs);
        break;
      case 'step':
        this.#partOf(event)?.ended(event, atMs);
        break;
      case 'output':
        this.#partOf(event)?.log.push(event.step, event.stream, event.text);
        break;
      case 'warning':
        this.warnings.push(event);
        break;
      case 'result':
        this.result = event;
        break;
      case 'machine':
      case 'exposed':
      case 'up':
        break;
    }
  }

  #begin({ layerfile, name, steps, needs = [], split }: BuildStarted): void {
    const place = { layerfile, name };
    const trunk = new PartView({ ...place, copy: null }, 1, split?.step ?? steps);
    const copies = Array.from(
      { length: split?.copies ?? 0 },
      (_, copy) => new PartView({ ...place, copy }, (split?.step ?? 0) + 1, steps),
    );
    const parts = [trunk, ...copies];
    for (const part of parts) this.#parts.set(part.key, part);
    this.layerfiles.push({ layerfile, name, needs, parts });
  }

  #end(ended: RunEnded): void {
    this.ended = ended;
    for (const part of this.#parts.values()) part.finish(ended.atMs);
  }

  /** Copies tell what they do with their number; what has none is the trunk's. */
  #partOf({ layerfile, copy }: OfPart): PartView | undefined {
    return this.#parts.get(partKey(layerfile, copy ?? null)) ?? this.#parts.get(layerfile);
  }
}
