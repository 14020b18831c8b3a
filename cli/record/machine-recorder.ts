import type { MachineEvent } from '../../runner/index.ts';
import type { MachineRecord } from './run-record.ts';

/** Pairs the beginnings and ends of machines. A part has one at a time: the next one begins when it has ended. */
export class MachineRecorder {
  readonly #ended: MachineRecord[] = [];
  readonly #running = new Map<string, Omit<MachineRecord, 'endMs'>>();

  event(event: MachineEvent, atMs: number): void {
    const key = `${event.copy ?? ''} ${event.layerfile}`;
    const running = this.#running.get(key);
    if (running !== undefined) {
      const { residentMib, proportionalMib } = event;
      this.#running.delete(key);
      this.#ended.push({
        ...running,
        endMs: atMs,
        residentMib: residentMib ?? null,
        proportionalMib: proportionalMib ?? null,
      });
    }
    if (event.phase === 'begin') this.#running.set(key, begun(event, atMs));
  }

  /** In the order in which they began; those that go on end at `endMs` here. */
  finish(endMs: number): readonly MachineRecord[] {
    const all = [...this.#ended, ...[...this.#running.values()].map((machine) => ({ ...machine, endMs }))];
    return all.sort((a, b) => a.startMs - b.startMs);
  }
}

function begun({ layerfile, copy, memoryMib }: MachineEvent, startMs: number): Omit<MachineRecord, 'endMs'> {
  return { layerfile, copy: copy ?? null, memoryMib, startMs, residentMib: null, proportionalMib: null };
}
