import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';

import {
  createMemoryDigestMemo,
  createTracer,
  openDirectoryWorkspace,
  parseWorkspacePath,
  type Tracer,
} from '../../fs-tracer/index.ts';
import type { BenchGuest } from './guest.ts';

/** One way for the guest to get at files. Every round has trees of its own where a first time is what counts. */
export interface Side {
  readonly name: string;
  /** The guest's folder that holds the trees of round `round`. */
  folder(round: number): string;
  /** Requests that went to the host so far; null where nobody counts. */
  requests(): number | null;
}

const WORKSPACE = '/run/layer/workspace';
const TARGET = '/srv/traced';

/** The traced file system. */
interface TracedSides {
  /** As it is mounted, as the other mounts are. */
  readonly mount: Side;
  /** As COPY makes it visible: a view, and an overlay over it, where the guest's kernel opens a second file for each. */
  readonly copied: Side;
}

/** `trees` has two folders for each of `rounds`, so that either side is first to read its own. */
export async function openTraced(guest: BenchGuest, trees: string, rounds: number): Promise<TracedSides> {
  const workspace = openDirectoryWorkspace({ root: trees, digestMemo: createMemoryDigestMemo(), showsAll: true });
  const tracer = createTracer({ workspace, runStartedAtMs: Date.now(), inherited: [], sendsAhead: true });
  const root = parseWorkspacePath('');
  if (root === null) throw new Error('Internal error: the root is no path');
  tracer.addView([{ at: '', source: root }]);
  tracer.attach(guest.machine.fileSystemPort, (message) => guest.machine.shorten(message));
  await guest.machine.mountWorkspace(WORKSPACE);
  const layers = [`${WORKSPACE}/0`, '/run/layer/root/srv'];
  await guest.machine.mountOverlay(TARGET, layers, '/var/lib/layer/overlays/bench');
  const requests = (): number => countRequests(tracer);
  return {
    mount: { name: 'traced', folder: (round) => `${WORKSPACE}/0/${rounds + round}`, requests },
    copied: { name: 'COPY', folder: (round) => `${TARGET}/${round}`, requests },
  };
}

/** The guest's own ext4 disk, which gets the trees of round 0 through the traced one. */
export async function openDisk(guest: BenchGuest): Promise<Side> {
  await guest.run(`mkdir /disk && cp -a ${TARGET}/0/. /disk && sync`);
  return { name: 'ext4', folder: () => '/disk', requests: () => null };
}

const SFTP_SERVER = '/usr/lib/openssh/sftp-server';
const SSHFS_PACKAGES = ['sshfs', 'fuse3', 'libfuse3-3', 'libglib2.0-0', 'libpcre2-8-0', 'zlib1g'];

/** sshfs at its best: no encryption, straight to an sftp-server of the host. A string says why it is not measured. */
export async function openSshfs(guest: BenchGuest, trees: string): Promise<Side | string> {
  if (spawnSync(SFTP_SERVER, ['-h']).error !== undefined) return `${SFTP_SERVER} is not installed`;
  const packages = join(guest.folder, 'packages');
  mkdirSync(packages);
  try {
    execFileSync('apt-get', ['download', '-qq', ...SSHFS_PACKAGES], { cwd: packages, stdio: 'pipe' });
  } catch {
    return `the packages ${SSHFS_PACKAGES.join(', ')} cannot be downloaded`;
  }
  for (const file of readdirSync(packages))
    execFileSync('dpkg-deb', ['-x', join(packages, file), join(packages, 'root')]);
  const archive = execFileSync('tar', ['-C', join(packages, 'root'), '-c', '.'], { maxBuffer: 1 << 28 });
  await guest.run('mkdir -p /sshfs /opt/sshfs && tar -C /opt/sshfs -x', { input: archive });
  const server = await serveSftp();
  guest.defer(() => server.close());
  const libraries = '/opt/sshfs/usr/lib/x86_64-linux-gnu:/opt/sshfs/lib/x86_64-linux-gnu';
  const { port } = server.address() as AddressInfo;
  await guest.run(
    `LD_LIBRARY_PATH=${libraries} PATH=$PATH:/opt/sshfs/usr/bin:/opt/sshfs/bin ` +
      `sshfs -o directport=${port} 10.0.2.2:${trees} /sshfs > /dev/null 2>&1`,
  );
  return { name: 'sshfs', folder: (round) => `/sshfs/${round}`, requests: () => null };
}

async function serveSftp(): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    spawn(SFTP_SERVER, ['-R'], { stdio: [socket, socket, 'ignore'] }).once('exit', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Why virtio-9p is not measured; null where the guest's kernel has it. */
export async function ninepObstacle(guest: BenchGuest): Promise<string | null> {
  const known = await guest.run('modprobe -q 9p; grep -cw 9p /proc/filesystems || true');
  return known.trim() === '0' ? "the guest's kernel has no 9p" : null;
}

function countRequests(tracer: Tracer): number {
  return Object.values(tracer.stats()).reduce((sum, count) => sum + count, 0);
}
