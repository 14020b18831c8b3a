import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Socket } from 'node:net';

import { endProcess } from '../../util/end-process.ts';
import { median } from '../median.ts';
import type { MachineConfig } from '../../vm/index.ts';
import { LAUNCHER, QEMU } from '../../vm/helper-binaries.ts';
import { bootArguments, deviceArguments, kernelCommandLine, PORTS } from '../../vm/machine-config.ts';
import { findMemory, ProcessMemory } from '../../vm/process-memory.ts';
import { createOverlay } from '../../vm/disk-overlay.ts';
import { QemuProcess } from '../../vm/qemu-process.ts';
import { QmpClient } from '../../vm/qmp-client.ts';
import { listenOnce } from '../../vm/socket-listener.ts';
import { chainOf } from '../../vm/state-saver.ts';
import type { Lab, Saved } from './lab.ts';
import { settleHost } from './settle.ts';

const LIMIT_MS = 300_000;
/** QEMU's own cap is 128 MiB a second. */
const UNCAPPED = 2 ** 40;
const MIB = 1 << 20;
const TAG = 'saved';
/** A little more than any machine of the benchmark has in use. */
const MOST_IN_USE_MIB = 2560;

/**
 * Milliseconds, each from a machine that stands still to one that is saved, or from starting QEMU to one that runs; "in place":
 * from a QEMU that is there and stands still. `bareStart`: from starting QEMU, as a restore does it, to its first answer.
 */
export interface PeerFigures {
  readonly bareStart: number;
  readonly savevm: number;
  readonly loadvmInPlace: number;
  readonly loadvm: number;
  readonly migrateOut: number;
  readonly migrateIn: number;
  readonly migrateInPlace: number;
}

/**
 * QEMU's own ways to save and restore the same machine, by a QEMU without our sandbox (for `exec:`): snapshots inside of
 * the disk file, and a migration to a file, its bandwidth uncapped.
 */
export async function measurePeers(lab: Lab, saved: Saved): Promise<PeerFigures> {
  const folder = lab.make();
  const [disk, stream] = [join(folder, 'disk.qcow2'), join(folder, 'stream')];
  createOverlay(disk, saved.state.disk, 'qcow2');
  // They write all that is in use, and hold it.
  const settle = (): void => settleHost(lab.folder, Math.min(saved.config.memoryMib, MOST_IN_USE_MIB));
  settle();
  let first: Pick<PeerFigures, 'savevm' | 'loadvmInPlace' | 'migrateOut'>;
  {
    await using peer = await startAs(lab, saved, disk);
    const savevm = await timed(() => peer.monitor(`savevm ${TAG}`));
    const loadvmInPlace = await timed(() => peer.monitor(`loadvm ${TAG}`));
    settle();
    const migrateOut = await timed(() => peer.migrate('migrate', `exec:cat > ${stream}`));
    first = { savevm, loadvmInPlace, migrateOut };
  }
  settle();
  const loadvm = await startToRun(lab, saved.config, disk, ['-loadvm', TAG]);
  settle();
  const migrateIn = await startToRun(lab, saved.config, disk, ['-incoming', `exec:cat ${stream}`]);
  settle();
  const migrateInPlace = await loadInPlace(lab, saved.config, disk, stream);
  settle();
  return {
    ...first,
    loadvm,
    migrateIn,
    migrateInPlace,
    bareStart: median([await bareStart(saved, disk), await bareStart(saved, disk), await bareStart(saved, disk)]),
  };
}

async function loadInPlace(lab: Lab, config: MachineConfig, disk: string, stream: string): Promise<number> {
  await using peer = await Peer.start(lab, config, null, disk, ['-incoming', 'defer']);
  return await timed(async () => {
    await peer.migrate('migrate-incoming', `exec:cat ${stream}`);
    await peer.qmp.execute('cont');
  });
}

/** What nothing that starts a QEMU for the machine can be faster than. */
async function bareStart({ config, state }: Saved, disk: string): Promise<number> {
  if (state.format !== 'private') throw new Error('only private states have a base');
  const extraArguments = ['-S', '-incoming', 'defer'];
  const started = performance.now();
  await using _qemu = await QemuProcess.start({
    config,
    memoryFile: state.memoryBase,
    disk,
    kernel: false,
    extraArguments,
  });
  return performance.now() - started;
}

/** Milliseconds from starting QEMU to a machine that runs. */
async function startToRun(lab: Lab, config: MachineConfig, disk: string, extra: readonly string[]): Promise<number> {
  const started = performance.now();
  await using peer = await Peer.start(lab, config, null, disk, extra);
  if (extra.includes('-incoming')) await peer.incoming();
  await peer.qmp.execute('cont');
  return performance.now() - started;
}

/** A peer that is the machine of `saved`, standing still. */
async function startAs(lab: Lab, { config, state }: Saved, disk: string): Promise<Peer> {
  if (state.format !== 'private') throw new Error('only private states have pages');
  const peer = await Peer.start(lab, config, state.memoryBase, disk, ['-incoming', 'defer']);
  using pages = chainOf(config.memoryMib * MIB, state.memoryBase, state.memoryDeltas);
  using memory = new ProcessMemory(findMemory(peer.pid, state.memoryBase));
  pages.forEachOverBase(256, (firstPage, bytes) => memory.write(firstPage, bytes));
  await peer.migrate('migrate-incoming', `exec:cat ${state.deviceState}`);
  return peer;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

class Peer implements AsyncDisposable {
  readonly qmp: QmpClient;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #sockets: readonly Socket[];

  private constructor(child: ChildProcess, exited: Promise<void>, sockets: readonly Socket[]) {
    this.#child = child;
    this.#exited = exited;
    this.pid = child.pid ?? 0;
    this.#sockets = sockets;
    this.qmp = new QmpClient(sockets[0] as Socket, { limitMs: LIMIT_MS });
    for (const socket of sockets.slice(1)) socket.on('error', () => undefined).resume();
  }

  /** `memoryFile` null: ordinary anonymous memory. It stands still. */
  static async start(
    lab: Lab,
    config: MachineConfig,
    memoryFile: string | null,
    disk: string,
    extra: readonly string[],
  ): Promise<Peer> {
    const folder = lab.make();
    const listeners = [];
    for (const name of ['qmp', 'console', ...PORTS]) listeners.push(await listenOnce(join(folder, name)));
    const own = bootArguments(config, memoryFile ?? 'none').map((argument) => plain(argument, config, memoryFile));
    const qemuArguments = [...own, ...deviceArguments(folder, disk), '-append', kernelCommandLine(config), '-S'];
    const child = spawn(LAUNCHER, [String(process.pid), QEMU, ...qemuArguments, ...extra], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit').then(() => undefined);
    const gone = exited.then((): never => {
      throw new Error('a peer ended as it started');
    });
    gone.catch(() => undefined);
    const sockets = await Promise.race([Promise.all(listeners.map(({ accepted }) => accepted)), gone]);
    const peer = new Peer(child, exited, sockets);
    await peer.qmp.negotiate();
    const capabilities = [{ capability: 'events', state: true }];
    await peer.qmp.execute('migrate-set-capabilities', { capabilities });
    return peer;
  }

  /** A command of the human monitor, which answers with text where it failed. */
  async monitor(command: string): Promise<void> {
    const answer = String(await this.qmp.execute('human-monitor-command', { 'command-line': command }));
    if (answer.trim() !== '') throw new Error(`${command}: ${answer}`);
  }

  async migrate(command: 'migrate' | 'migrate-incoming', uri: string): Promise<void> {
    await this.qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNCAPPED });
    const ended = this.#migrated();
    await this.qmp.execute(command, { uri });
    await ended;
  }

  /** Waits until what `-incoming` named is loaded. */
  async incoming(): Promise<void> {
    for (;;) {
      const { status } = (await this.qmp.execute('query-migrate')) as { readonly status?: string };
      if (status === 'completed') return;
      if (status === 'failed') throw new Error('a peer could not load its stream');
    }
  }

  async #migrated(): Promise<void> {
    const { data } = await this.qmp.nextEvent(
      ({ event, data }) => event === 'MIGRATION' && ['completed', 'failed'].includes(String(data?.['status'])),
    );
    if (data?.['status'] !== 'completed') throw new Error("a peer's migration failed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, this.#exited, { askFirst: false });
    for (const socket of this.#sockets) socket.destroy();
    this.qmp.close();
  }
}

function plain(argument: string, { memoryMib }: MachineConfig, memoryFile: string | null): string {
  if (argument.startsWith('on,obsolete=')) return 'off';
  if (memoryFile === null && argument.startsWith('memory-backend-file,'))
    return `memory-backend-ram,id=ram0,size=${memoryMib}M`;
  return argument;
}
