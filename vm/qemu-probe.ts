import { hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import type { Accelerator } from './accelerator.ts';
import { startIdle } from './idle-qemu.ts';
import { cpuName } from './machine-config.ts';
import { PAGE_BYTES } from './memory-delta.ts';
import { findMemory, ProcessMemory } from './process-memory.ts';
import type { QemuOffers } from './qemu-offers.ts';
import type { QmpClient } from './qmp-client.ts';

const MEMORY_MIB = 64;
/** In the middle of memory, where no firmware is put. */
const TRIED_PAGE = (MEMORY_MIB << 20) / PAGE_BYTES / 2;
const PATTERN = Buffer.alloc(PAGE_BYTES, 'layer tries whether this is kept. ');
/** Of the CPU model's properties: where one processor of one process is, not what it can do. */
const PLACES = new Set(['thread-id', 'core-id', 'die-id', 'socket-id', 'node-id', 'apic-id', 'memory']);

interface Probed {
  readonly qmp: Pick<QmpClient, 'execute'>;
  readonly pid: number;
  /** A folder of its own. */
  readonly folder: string;
  /** What QEMU maps as memory. */
  readonly memoryFile: string;
}

/**
 * Asks QEMU what it can do, and tries on its memory what a save and a restore do, in a machine that never runs anything
 * (60 to 80 ms). Throws `MACHINE_START` or `WAIT_TIMED_OUT` where QEMU does not even come up.
 */
export async function probeQemu(accelerator: Accelerator, signal?: AbortSignal): Promise<QemuOffers> {
  const folder = makeTemporaryFolder('layer-probe');
  try {
    const memoryFile = join(folder, 'memory');
    await using qemu = await startIdle({ folder, memoryFile, memoryMib: MEMORY_MIB, accelerator, signal });
    const probed = { qmp: qemu.qmp, pid: qemu.pid, folder, memoryFile };
    const commands = await names(probed, 'query-commands', 'name');
    const capabilities = await names(probed, 'query-migrate-capabilities', 'capability');
    return {
      binary: hash('sha256', readFileSync(`/proc/${qemu.pid}/exe`)),
      cpuFeatures: await cpuFeatures(probed, cpuName(accelerator)),
      privateObstacle: await privateObstacle(probed, commands),
      mappedRam: capabilities.has('mapped-ram'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function names({ qmp }: Probed, command: string, field: string): Promise<ReadonlySet<unknown>> {
  const answer = (await qmp.execute(command)) as readonly Readonly<Record<string, unknown>>[];
  return new Set(answer.map((each) => each[field]));
}

/** Every property that the model stands for, as this QEMU spells it out with this accelerator on this CPU. */
async function cpuFeatures({ qmp }: Probed, name: string): Promise<string> {
  const answer = await qmp.execute('query-cpu-model-expansion', { type: 'full', model: { name } });
  const { props } = (answer as { readonly model: { readonly props: Readonly<Record<string, unknown>> } }).model;
  const kept = Object.entries(props).filter(([property]) => !PLACES.has(property));
  return hash('sha256', JSON.stringify(kept.sort(([one], [other]) => (one < other ? -1 : 1))));
}

/** Why QEMU's memory cannot be saved and loaded behind its back; null where all that this takes works. */
async function privateObstacle(probed: Probed, commands: ReadonlySet<unknown>): Promise<string | null> {
  if (!commands.has('xen-save-devices-state')) return 'QEMU cannot write the state of its devices alone';
  try {
    return tryMemory(probed) ?? (await tryDevices(probed));
  } catch (error) {
    return `QEMU's memory cannot be reached: ${(error as Error).message}`;
  }
}

function tryMemory({ pid, memoryFile }: Probed): string | null {
  using memory = new ProcessMemory(findMemory(pid, memoryFile));
  if (memory.bytes !== MEMORY_MIB << 20) return 'QEMU maps its memory in another way';
  if (isWritten(memory)) return 'the kernel does not tell which pages were written';
  memory.write(TRIED_PAGE, PATTERN);
  const read = Buffer.alloc(PAGE_BYTES);
  memory.read(TRIED_PAGE, read);
  if (!read.equals(PATTERN) || !isWritten(memory)) return 'the kernel does not tell which pages were written';
  return isZeroIn(memoryFile) ? null : "what is written to QEMU's memory reaches the file below it";
}

function isWritten(memory: ProcessMemory): boolean {
  return memory.writtenPages().some(([first, end]) => first <= TRIED_PAGE && TRIED_PAGE < end);
}

function isZeroIn(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(PAGE_BYTES, 1);
    readSync(file, bytes, 0, PAGE_BYTES, TRIED_PAGE * PAGE_BYTES);
    return bytes.equals(Buffer.alloc(PAGE_BYTES));
  } finally {
    closeSync(file);
  }
}

async function tryDevices({ qmp, folder }: Probed): Promise<string | null> {
  const filename = join(folder, 'devices');
  await qmp.execute('xen-save-devices-state', { filename, live: false });
  return statSync(filename).size > 0 ? null : 'QEMU writes no state of its devices';
}
