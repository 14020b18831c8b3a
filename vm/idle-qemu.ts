import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { endProcess } from '../util/end-process.ts';
import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import type { Accelerator } from './accelerator.ts';
import { LAUNCHER, QEMU } from './helper-binaries.ts';
import { machineArguments } from './machine-config.ts';
import { QmpClient } from './qmp-client.ts';
import { listenOnce } from './socket-listener.ts';

const LIMIT_MS = 30_000;

interface IdleStart {
  /** For its monitor's socket. */
  readonly folder: string;
  /** Is made, empty. */
  readonly memoryFile: string;
  readonly memoryMib: number;
  readonly accelerator: Accelerator;
  readonly signal?: AbortSignal | undefined;
}

/** A QEMU with memory and a monitor, and nothing in it that could run. */
interface IdleQemu extends AsyncDisposable {
  readonly qmp: QmpClient;
  readonly pid: number;
}

/** Throws `MACHINE_START` with QEMU's own words, or `WAIT_TIMED_OUT`. */
export async function startIdle(start: IdleStart): Promise<IdleQemu> {
  const { folder, signal } = start;
  makeMemory(start);
  const listener = await listenOnce(join(folder, 'qmp'));
  const child = spawn(LAUNCHER, [String(process.pid), QEMU, ...idleArguments(start)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
  const exited = endOf(child);
  const end = async (): Promise<void> => endProcess(child, exited, { askFirst: false });
  try {
    const died = exited.then(() => Promise.reject(new Error('QEMU ended before it connected')));
    died.catch(() => undefined);
    const wait = { name: 'QEMU to say what it can do', limitMs: LIMIT_MS, signal, evidence: () => complaint };
    const socket = await namedWait(wait, Promise.race([listener.accepted, died]));
    const qmp = new QmpClient(socket, { signal, evidence: () => complaint });
    await qmp.negotiate();
    return { qmp, pid: child.pid ?? 0, [Symbol.asyncDispose]: async () => end().finally(() => qmp.close()) };
  } catch (cause) {
    listener[Symbol.dispose]();
    await end();
    signal?.throwIfAborted();
    if (complaint === '' && cause instanceof LayerError) throw cause;
    throw new LayerError('MACHINE_START', `QEMU does not start: ${complaint.trim()}`, { cause });
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const event of ['exit', 'error']) child.once(event, () => resolve(undefined));
  return promise;
}

function idleArguments({ folder, memoryFile, memoryMib, accelerator }: IdleStart): string[] {
  return [
    '-S',
    ...machineArguments({ accelerator, cpus: 1, memoryMib }, memoryFile),
    ...['-chardev', `socket,id=qmp,path=${folder}/qmp`, '-mon', 'chardev=qmp,mode=control'],
  ];
}

function makeMemory({ memoryFile, memoryMib }: IdleStart): void {
  const file = openSync(memoryFile, 'wx', 0o600);
  ftruncateSync(file, memoryMib << 20);
  closeSync(file);
}
