import { statSync } from 'node:fs';
import { join } from 'node:path';

import { LayerError } from '../util/layer-error.ts';
import { type MachineState, type PrivateMemoryState, STATE_FILES, type StreamState } from './machine-state.ts';
import { PAGE_BYTES, readDeltaIndex } from './memory-delta.ts';
import { migrateTo, migrateToMapped } from './migration-stream.ts';
import { PageMap } from './page-map.ts';
import { ProcessMemory } from './process-memory.ts';
import type { QemuProcess } from './qemu-process.ts';
import { saveBase, saveDelta, type SavedMemory } from './save-memory.ts';

/**
 * Longest chain of deltas over a base that is left to squashing, which shortens chains in the background from 8 on. Where it
 * did not come to it, the next delta is saved against the base alone: it stores all that the chain did.
 */
const MAX_DELTAS = 24;
/** Written into a machine's memory at a time. */
const INJECT_PAGES = 256;

/** What stat counts in (st_blocks of stat(2)). */
const BLOCK_BYTES = 512;

export interface SaverTarget {
  readonly folder: string;
  readonly wholeMemory?: boolean;
  /** Ends the waits of the save. */
  readonly signal?: AbortSignal | undefined;
}

export interface SavedState {
  readonly state: MachineState;
  readonly dirtyBytes: number;
  readonly storedBytes: number;
}

/** Writes the memory and devices of a stopped machine, again and again as it goes on. One for each format. */
export interface StateSaver extends Disposable {
  save(qemu: QemuProcess, target: SaverTarget, disk: string): Promise<SavedState>;
}

/** Saves what was written since the machine's memory was mapped, compared with what the last save left. */
export class PrivateMemorySaver implements StateSaver {
  /** What QEMU maps as its memory. */
  readonly mappedFile: string;
  readonly #maxDeltas: number;
  #base: string;
  #deltas: readonly string[];
  /** Those that were there when QEMU began. */
  readonly #laid: readonly string[];
  /** What base and deltas hold, once it is looked at from here. */
  #pages: PageMap | undefined;
  readonly #memoryBytes: number;
  readonly #overEmptyFile: boolean;

  /** `mappedFile` is what QEMU maps: the base itself, or an empty file (no `deltas`) for a machine that was booted. */
  constructor(
    mappedFile: string,
    deltas: readonly string[] | undefined,
    memoryBytes: number,
    maxDeltas: number = MAX_DELTAS,
  ) {
    this.#maxDeltas = maxDeltas;
    this.mappedFile = mappedFile;
    this.#overEmptyFile = deltas === undefined;
    this.#base = mappedFile;
    this.#laid = this.#deltas = deltas ?? [];
    this.#memoryBytes = memoryBytes;
    // It is removed once QEMU has it.
    if (this.#overEmptyFile) this.#parent();
  }

  /** Sees to it that a QEMU that has just mapped the base and does not run yet has in its memory what the deltas say. */
  load(qemu: QemuProcess): void {
    if (qemu.hasDeltas) return;
    using memory = new ProcessMemory(qemu.memory);
    this.#parent().forEachOverBase(INJECT_PAGES, (firstPage, bytes) => memory.write(firstPage, bytes));
  }

  async save(qemu: QemuProcess, target: SaverTarget, disk: string): Promise<SavedState> {
    const deviceState = join(target.folder, STATE_FILES.deviceState);
    await qemu.qmp.execute('xen-save-devices-state', { filename: deviceState, live: false });
    if (qemu.memory.bytes !== this.#memoryBytes)
      throw new LayerError('MACHINE_SAVE', `QEMU maps ${qemu.memory.bytes} bytes of memory, not ${this.#memoryBytes}`);
    const saved = target.wholeMemory === true ? this.#saveBase(qemu, target) : await this.#saveDelta(qemu, target);
    const state: PrivateMemoryState = {
      format: 'private',
      memoryBase: this.#base,
      memoryDeltas: this.#deltas,
      deviceState,
      disk,
    };
    return {
      state,
      dirtyBytes: saved.dirtyPages * PAGE_BYTES,
      storedBytes: saved.storedPages * PAGE_BYTES + statSync(deviceState).size,
    };
  }

  #saveBase(qemu: QemuProcess, target: SaverTarget): SavedMemory {
    const file = join(target.folder, STATE_FILES.memoryBase);
    using memory = new ProcessMemory(qemu.memory);
    const saved = saveBase(memory, this.#overEmptyFile ? null : this.#parent(), file);
    this.#rebase(file, []);
    return saved;
  }

  async #saveDelta(qemu: QemuProcess, target: SaverTarget): Promise<SavedMemory> {
    const file = join(target.folder, STATE_FILES.memoryDelta);
    // What was laid as QEMU began shows those files where nothing was written since, and would be left out.
    if (this.#deltas.length >= this.#maxDeltas) this.#rebase(this.#base, qemu.hasDeltas ? this.#laid : []);
    const saved = (await this.#saveInside(qemu, file, target.signal)) ?? this.#saveFromOutside(qemu, file);
    this.#deltas = [...this.#deltas, file];
    this.#pages?.add(readDeltaIndex(file));
    return saved;
  }

  async #saveInside(qemu: QemuProcess, file: string, signal: AbortSignal | undefined): Promise<SavedMemory | null> {
    const thread = qemu.memoryThread ?? null;
    return thread && (await thread.save({ file, memoryBase: this.#base, memoryDeltas: this.#deltas, signal }));
  }

  #saveFromOutside(qemu: QemuProcess, file: string): SavedMemory {
    using memory = new ProcessMemory(qemu.memory);
    return saveDelta(memory, this.#parent(), file);
  }

  #parent(): PageMap {
    return (this.#pages ??= chainOf(this.#memoryBytes, this.#base, this.#deltas));
  }

  #rebase(base: string, deltas: readonly string[]): void {
    this.#pages?.[Symbol.dispose]();
    this.#pages = undefined;
    this.#base = base;
    this.#deltas = deltas;
  }

  [Symbol.dispose](): void {
    this.#pages?.[Symbol.dispose]();
  }
}

/** The portable way: QEMU writes memory and devices as one migration, whole each time. */
export class StreamSaver implements StateSaver {
  readonly #format: StreamState['format'];

  constructor(format: StreamState['format']) {
    this.#format = format;
  }

  async save(qemu: QemuProcess, target: SaverTarget, disk: string): Promise<SavedState> {
    const stream = join(target.folder, STATE_FILES.stream);
    await (this.#format === 'stream' ? migrateTo : migrateToMapped)(qemu, stream, target.signal);
    // A mapped file has holes where memory is zero.
    const bytes = statSync(stream).blocks * BLOCK_BYTES;
    return { state: { format: this.#format, stream, disk }, dirtyBytes: bytes, storedBytes: bytes };
  }

  [Symbol.dispose](): void {
    // Nothing is held between saves.
  }
}

/** The saved memory that a base and its deltas describe. */
export function chainOf(memoryBytes: number, base: string, deltas: readonly string[]): PageMap {
  const pages = new PageMap(memoryBytes, base);
  try {
    for (const file of deltas) {
      const index = readDeltaIndex(file);
      if (index.memoryBytes !== memoryBytes)
        throw new LayerError('SNAPSHOT_DAMAGED', `${file} belongs to a machine with other memory`);
      pages.add(index);
    }
  } catch (error) {
    pages[Symbol.dispose]();
    throw error;
  }
  return pages;
}
