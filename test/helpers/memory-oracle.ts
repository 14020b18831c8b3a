import type { MachineState } from '../../vm/machine-state.ts';
import { PAGE_BYTES } from '../../vm/memory-delta.ts';
import { type MemoryPlace, ProcessMemory } from '../../vm/process-memory.ts';
import { chainOf, PrivateMemorySaver } from '../../vm/state-saver.ts';

const CHUNK_BYTES = 1 << 20;

/** Pages that differ between the live memory of a stopped machine and what its saved state describes. */
function differingPages(place: MemoryPlace, state: MachineState): readonly number[] {
  if (state.format !== 'private') throw new Error('only private states have pages');
  using live = new ProcessMemory(place);
  using saved = chainOf(live.bytes, state.memoryBase, state.memoryDeltas);
  const [left, right] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
  const wrong: number[] = [];
  for (let page = 0; page < live.bytes / PAGE_BYTES; page += CHUNK_BYTES / PAGE_BYTES) {
    live.read(page, left);
    saved.read(page, right);
    if (left.equals(right)) continue;
    for (let at = 0; at < CHUNK_BYTES; at += PAGE_BYTES)
      if (left.compare(right, at, at + PAGE_BYTES, at, at + PAGE_BYTES) !== 0) wrong.push(page + at / PAGE_BYTES);
  }
  return wrong;
}

/** One save: the pages that it got wrong, by number. */
type Verdict = readonly number[];

const verdicts: Verdict[] = [];
let installed = false;

/** From now on, every save of this process is compared with the machine's memory while that still stands still. */
export function watchSaves(): void {
  if (installed) return;
  installed = true;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const save = PrivateMemorySaver.prototype.save;
  PrivateMemorySaver.prototype.save = async function (qemu, target, disk) {
    const saved = await save.call(this, qemu, target, disk);
    verdicts.push(differingPages(qemu.memory, saved.state));
    return saved;
  };
}

/** What the oracle said since it was last asked, save by save. */
export function takeVerdicts(): readonly Verdict[] {
  return verdicts.splice(0);
}
