import { closeSync, createReadStream, createWriteStream, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { asStorageError } from '../util/storage-error.ts';
import { endedFromOutside } from './qemu-end.ts';
import type { QemuProcess } from './qemu-process.ts';
import { listenOnce } from './socket-listener.ts';

const LIMIT_MS = 120_000;
/** A connection breaks a moment before its process is known to have ended. */
const END_LIMIT_MS = 1000;
/** Bytes a second: QEMU's own cap is 128 MiB/s. */
const UNCAPPED = 2 ** 40;
const MAPPED = ['events', 'mapped-ram'];

/** What this needs of a QEMU. */
type Migrating = Pick<QemuProcess, 'qmp' | 'socketFolder' | 'consoleTail' | 'exited' | 'signalName'>;

/**
 * Feeds a saved stream into a machine that was started with `-incoming defer`; resolves when it is loaded, stopped.
 * Throws `SNAPSHOT_DAMAGED` where QEMU cannot make a machine of it.
 */
export async function migrateFrom(qemu: Migrating, file: string, signal?: AbortSignal): Promise<void> {
  const path = join(qemu.socketFolder, 'incoming');
  await load(qemu, { file, uri: `unix:${path}`, capabilities: ['events'], signal }, async () => {
    const socket = await connected(path);
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), socket);
  });
}

/** The same for a file with memory at fixed places, which QEMU opens itself. */
export async function migrateFromMapped(qemu: Migrating, file: string, signal?: AbortSignal): Promise<void> {
  await load(qemu, { file, uri: `file:${file}`, capabilities: MAPPED, signal }, () => Promise.resolve());
}

interface Load {
  readonly file: string;
  readonly uri: string;
  readonly capabilities: readonly string[];
  readonly signal: AbortSignal | undefined;
}

async function load(
  qemu: Migrating,
  { file, uri, capabilities, signal }: Load,
  feed: () => Promise<void>,
): Promise<void> {
  await setCapabilities(qemu, capabilities);
  const ended = migrationEnd(qemu);
  // A QEMU that ends before it is told to begin rejects this too, and nobody waits for it then.
  ended.catch(() => undefined);
  try {
    await qemu.qmp.execute('migrate-incoming', { uri });
    const loaded = Promise.all([feed(), ended]).then(([, status]) => expectCompleted(status));
    const wait = { name: 'the saved state to load', limitMs: LIMIT_MS, signal, evidence: () => qemu.consoleTail() };
    await namedWait(wait, loaded);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof LayerError && cause.code === 'WAIT_TIMED_OUT') throw cause;
    const hindrance = asStorageError(cause, file);
    if (hindrance !== cause) throw hindrance;
    // QEMU ends by itself when it meets something it does not understand; what ends it from outside says nothing of the state.
    await Promise.race([qemu.exited, delay(END_LIMIT_MS, undefined, { ref: false })]);
    throw (
      endedFromOutside(qemu.signalName, file) ??
      new LayerError('SNAPSHOT_DAMAGED', `QEMU could not load the saved state ${file}`, { cause })
    );
  }
}

/** Has a stopped machine write its whole state to `file`. It stays stopped. */
export async function migrateTo(qemu: Migrating, file: string, signal?: AbortSignal): Promise<void> {
  const path = join(qemu.socketFolder, 'outgoing');
  await prepareToSave(qemu, ['events']);
  using listener = await listenOnce(path);
  const ended = migrationEnd(qemu).then(expectCompleted);
  const written = listener.accepted.then((socket) =>
    pipeline(socket, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal }),
  );
  const both = Promise.all([ended, written]);
  both.catch(() => undefined);
  await qemu.qmp.execute('migrate', { uri: `unix:${path}` });
  await writtenBy(qemu, both, signal);
}

/** The same, with each page of memory at its own place in a sparse file. QEMU writes it itself. */
export async function migrateToMapped(qemu: Migrating, file: string, signal?: AbortSignal): Promise<void> {
  closeSync(openSync(file, 'wx', 0o600));
  await prepareToSave(qemu, MAPPED);
  const ended = migrationEnd(qemu).then(expectCompleted);
  ended.catch(() => undefined);
  await qemu.qmp.execute('migrate', { uri: `file:${file}` });
  await writtenBy(qemu, ended, signal);
}

async function prepareToSave(qemu: Migrating, capabilities: readonly string[]): Promise<void> {
  await qemu.qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNCAPPED });
  await setCapabilities(qemu, capabilities);
}

async function setCapabilities(qemu: Migrating, names: readonly string[]): Promise<void> {
  const capabilities = names.map((capability) => ({ capability, state: true }));
  await qemu.qmp.execute('migrate-set-capabilities', { capabilities });
}

async function writtenBy(qemu: Migrating, written: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const wait = { name: 'the state to be written', limitMs: LIMIT_MS, signal, evidence: () => qemu.consoleTail() };
  await namedWait(wait, written);
}

async function migrationEnd(qemu: Migrating): Promise<string> {
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
