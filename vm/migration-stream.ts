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

/** Feeds a saved stream into a machine that was started with `-incoming defer`; resolves when it is loaded, stopped. */
export async function migrateFrom(qemu: QemuProcess, file: string): Promise<void> {
  const path = join(qemu.socketFolder, 'incoming');
  await qemu.qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
  const ended = migrationEnd(qemu);
  await qemu.qmp.execute('migrate-incoming', { uri: `unix:${path}` });
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), await connected(path));
  await finished(qemu, ended, 'the saved state to load');
}

/** Has a stopped machine write its whole state to `file`. It stays stopped. */
export async function migrateTo(qemu: QemuProcess, file: string): Promise<void> {
  const path = join(qemu.socketFolder, 'outgoing');
  await qemu.qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNCAPPED });
  await qemu.qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
  const listener = await listenOnce(path);
  const ended = migrationEnd(qemu);
  await qemu.qmp.execute('migrate', { uri: `unix:${path}` });
  const written = pipeline(await listener.accepted, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  await finished(qemu, ended, 'the state to be written');
  await written;
}

async function migrationEnd(qemu: QemuProcess): Promise<string> {
  const event = await qemu.qmp.nextEvent(
    ({ event, data }) => event === 'MIGRATION' && (data?.['status'] === 'completed' || data?.['status'] === 'failed'),
  );
  return String(event.data?.['status']);
}

async function finished(qemu: QemuProcess, ended: Promise<string>, name: string): Promise<void> {
  const status = await namedWait({ name, limitMs: LIMIT_MS, evidence: () => qemu.consoleTail() }, ended);
  if (status !== 'completed') throw new LayerError('SNAPSHOT_DAMAGED', 'QEMU could not load or write the saved state');
}

async function connected(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(path, () => resolve(socket));
  socket.once('error', reject);
  return promise;
}
