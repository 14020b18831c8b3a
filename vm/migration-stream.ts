import { createReadStream, createWriteStream } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import type { QemuProcess } from './qemu-process.ts';
import { listenOnce } from './socket-listener.ts';

const LIMIT_MS = 120_000;
/** Bytes a second: QEMU's own cap is 128 MiB/s. */
const UNCAPPED = 2 ** 40;

/**
 * Feeds a saved stream into a machine that was started with `-incoming defer`; resolves when it is loaded, stopped.
 * Throws `SNAPSHOT_DAMAGED` where QEMU cannot make a machine of it.
 */
export async function migrateFrom(qemu: QemuProcess, file: string, signal?: AbortSignal): Promise<void> {
  const path = join(qemu.socketFolder, 'incoming');
  await qemu.qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
  const ended = migrationEnd(qemu);
  await qemu.qmp.execute('migrate-incoming', { uri: `unix:${path}` });
  try {
    const fed = connected(path).then((socket) => pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), socket));
    const loaded = Promise.all([fed, ended]).then(([, status]) => expectCompleted(status));
    const wait = { name: 'the saved state to load', limitMs: LIMIT_MS, signal, evidence: () => qemu.consoleTail() };
    await namedWait(wait, loaded);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof LayerError && cause.code === 'WAIT_TIMED_OUT') throw cause;
    // QEMU ends by itself when it meets something it does not understand.
    throw new LayerError('SNAPSHOT_DAMAGED', `QEMU could not load the saved state ${file}`, { cause });
  }
}

/** Has a stopped machine write its whole state to `file`. It stays stopped. */
export async function migrateTo(qemu: QemuProcess, file: string, signal?: AbortSignal): Promise<void> {
  const path = join(qemu.socketFolder, 'outgoing');
  await qemu.qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNCAPPED });
  await qemu.qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
  using listener = await listenOnce(path);
  const ended = migrationEnd(qemu).then(expectCompleted);
  const written = listener.accepted.then((socket) =>
    pipeline(socket, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal }),
  );
  const both = Promise.all([ended, written]);
  both.catch(() => undefined);
  await qemu.qmp.execute('migrate', { uri: `unix:${path}` });
  const wait = { name: 'the state to be written', limitMs: LIMIT_MS, signal, evidence: () => qemu.consoleTail() };
  await namedWait(wait, both);
}

async function migrationEnd(qemu: QemuProcess): Promise<string> {
  const event = await qemu.qmp.nextEvent(
    ({ event, data }) => event === 'MIGRATION' && (data?.['status'] === 'completed' || data?.['status'] === 'failed'),
  );
  return String(event.data?.['status']);
}

function expectCompleted(status: string): void {
  if (status !== 'completed') throw new Error(`QEMU's migration ended as "${status}"`);
}

async function connected(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(path, () => resolve(socket));
  socket.on('error', reject);
  return promise;
}
