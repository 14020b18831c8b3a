import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { encodePayload, NEW_LINEAGE } from '../../../runner/lineage-state.ts';
import { openSnapshotStore, type Snapshot } from '../../../snapshots/index.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { createOverlay } from '../../../vm/disk-overlay.ts';
import type { GuestControl } from '../../../vm/guest-control.ts';
import { RunningMachine } from '../../../vm/running-machine.ts';
import { STATE_FILES } from '../../../vm/machine-state.ts';
import { PAGE_BYTES } from '../../../vm/memory-delta.ts';
import { findMemory } from '../../../vm/process-memory.ts';
import type { QemuProcess } from '../../../vm/qemu-process.ts';
import { PrivateMemorySaver } from '../../../vm/state-saver.ts';
import { publication } from '../../snapshots/scratch.ts';
import { expect, type Place, type Scenario } from '../scenario.ts';
import { expectMachines, LINEAGE, MEMORY_BYTES, publishMachines, stateOf } from './machine-states.ts';

/** Maps a file as QEMU maps a guest's memory, writes to some of it, and ends with whoever started it. */
const MEMORY_HOLDER = `
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
int main(int count, char **names) {
  int fd = open(names[1], O_RDONLY);
  char *memory = mmap(NULL, ${MEMORY_BYTES}, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (count < 2 || fd < 0 || memory == MAP_FAILED) return 1;
  for (int page = 0; page < 3; page++) memset(memory + (20 + 2 * page) * ${PAGE_BYTES}, 7, ${PAGE_BYTES});
  memset(memory, 0, ${PAGE_BYTES});
  puts("ready");
  fflush(stdout);
  return getchar() == EOF;
}
`;
const LABEL = 'RUN saved';

/** A machine is saved, and what it left published: all but QEMU and its guest is as in a run. */
const save: Scenario = {
  name: 'save',
  prepare: async (place) => {
    await publishMachines(place);
    const source = join(place.work, 'holder.c');
    writeFileSync(source, MEMORY_HOLDER);
    execFileSync('cc', ['-o', join(place.work, 'holder'), source]);
  },
  run: async (place) => {
    using store = openSnapshotStore({ home: place.home });
    if (store.list().some(({ label }) => label === LABEL)) return;
    const parent = store.list().find(({ label }) => label === LINEAGE[1]);
    expect(parent !== undefined, 'its parent is still there');
    const pending = store.begin();
    const next = store.begin();
    try {
      await using held = await holdMachine(place, parent, pending.folder);
      const { state } = await held.machine.save({
        folder: pending.folder,
        nextDisk: join(next.folder, STATE_FILES.disk),
      });
      const payload = encodePayload(dirname(pending.folder), NEW_LINEAGE, state);
      const dependsOn = [...parent.dependsOn, parent.id];
      await store.publish(pending, publication({ parent: parent.id, dependsOn, label: LABEL, payload }));
    } finally {
      store.discard(next);
      store.discard(pending);
    }
  },
  check: async (place) => {
    await expectMachines(place);
    using store = openSnapshotStore({ home: place.home });
    const saved = store.list().find(({ label }) => label === LABEL);
    expect(saved !== undefined, 'it is there');
    execFileSync('qemu-img', ['check', '-q', stateOf(saved).disk]);
  },
};

interface HeldMachine extends AsyncDisposable {
  readonly machine: RunningMachine;
}

async function holdMachine({ work }: Place, parent: Snapshot, folder: string): Promise<HeldMachine> {
  const below = stateOf(parent);
  const disk = join(folder, STATE_FILES.disk);
  createOverlay(disk, below.disk, 'qcow2');
  const holder = spawn(join(work, 'holder'), [below.memoryBase], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const machine = new RunningMachine({
    qemu: qemuOf(holder, below.memoryBase),
    config: { accelerator: 'tcg', cpus: 1, memoryMib: 1, tscKhz: null, kernel: '', initrd: '' },
    keys: { clientPrivateKey: '', hostPublicKey: '' },
    saver: new PrivateMemorySaver(below.memoryBase, below.memoryDeltas, MEMORY_BYTES),
    disk,
    restoreMs: 0,
    control: { setClock: () => Promise.resolve() } as unknown as GuestControl,
    memoryFile: below.memoryBase,
  });
  return { machine, [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose]() };
}

/** Answers all that a save asks; the devices' file is QEMU's to write. */
function qemuOf(holder: ChildProcess, memoryFile: string): QemuProcess {
  const never = new Promise<never>(() => undefined);
  const execute = (command: string, given: { readonly filename?: string } = {}): Promise<void> => {
    if (command === 'xen-save-devices-state') writeDevices(given.filename ?? '');
    return Promise.resolve();
  };
  const end = async (): Promise<void> => {
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
  };
  const qemu = {
    get memory() {
      return findMemory(holder.pid ?? 0, memoryFile);
    },
    qmp: { execute, nextEvent: () => never },
    exited: never,
    [Symbol.asyncDispose]: end,
  };
  return qemu as unknown as QemuProcess;
}

function writeDevices(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(20_000, 'devices'));
  } catch (cause) {
    throw new LayerError('MACHINE_SAVE', 'QEMU says so', { cause });
  }
}

export const MACHINE_SCENARIOS: readonly Scenario[] = [save];
