import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { digestObservation, type ReadSet, type Workspace } from '../../../fs-tracer/index.ts';
import { type LookupResult, openSnapshotStore, type SnapshotId, type SnapshotStore } from '../../../snapshots/index.ts';

/**
 * The keys of every case as if each had a Layerfile of its own, in a real store and index: the machines are shared, the
 * question "what is restored?" is asked for each.
 */
export class CaseChains implements Disposable {
  readonly #home: string;
  readonly #store: SnapshotStore;

  constructor(folder: string) {
    this.#home = join(folder, 'chains');
    this.#store = openSnapshotStore({ home: this.#home });
  }

  /** Stores one snapshot after each step; `readSets` says what each step was first to observe. */
  async publish(name: string, readSets: readonly ReadSet[]): Promise<void> {
    let parent: SnapshotId | null = null;
    for (const [index, observations] of readSets.entries()) {
      const { fields, label, history } = stepOf(name, index);
      const snapshot = await this.#store.publish(this.#store.begin(), {
        ...{ parent, dependsOn: [], steps: [fields], observations, payload: null, label, durationMs: 1, history },
      });
      parent = snapshot.id;
    }
  }

  find(name: string, steps: number, workspace: Workspace): LookupResult {
    return this.#store.findDeepest({
      steps: Array.from({ length: steps }, (_, index) => stepOf(name, index)),
      digest: (observed) => digestObservation(workspace, observed),
    });
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

function stepOf(name: string, index: number) {
  const step = String(index + 1);
  return { fields: { case: name, step }, label: `RUN ${step}`, history: { workspace: '/', layerfile: name, step } };
}
