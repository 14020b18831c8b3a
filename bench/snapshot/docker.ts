import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { endProcess } from '../../util/end-process.ts';
import { findProgram, measure } from '../skip/tool.ts';

const START_LIMIT_MS = 30_000;
const START_PAUSE_MS = 100;
/** It removes what its storage driver mounted. */
const END_GRACE_MS = 20_000;

export type StorageDriver = 'overlay2' | 'vfs';

/** A dockerd of our own with one storage driver: private socket and data, no network, ended with its scope. */
export interface Docker extends AsyncDisposable {
  /** Makes an image whose one layer is that tar file. */
  import(tarball: string, image: string): Promise<void>;
  /** Milliseconds of `docker commit` of a container of the image in which one small file was written. */
  commit(image: string): Promise<number>;
}

/** Gives the daemon, or says why there is none. */
export async function openDocker(folder: string, driver: StorageDriver): Promise<Docker | string> {
  const [dockerd, docker] = [findProgram('dockerd'), findProgram('/usr/bin/docker', 'docker')];
  if (dockerd === undefined || docker === undefined) return 'docker.io is not installed';
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  mkdirSync(folder, { recursive: true });
  const socket = `unix://${join(folder, 'socket')}`;
  const environment = { DOCKER_HOST: socket, DOCKER_CONFIG: join(folder, 'config') };
  const run = (...args: readonly string[]): ReturnType<typeof measure> =>
    measure({ program: docker, args, folder, environment });
  const daemon = startDaemon(dockerd, folder, socket, driver);
  const exited = once(daemon, 'exit').then(() => undefined);
  const end = (): Promise<void> => endProcess(daemon, exited, { graceMs: END_GRACE_MS });
  const failure = await untilReady(daemon, () => run('version'));
  if (failure !== null) {
    await end();
    return `dockerd with ${driver} did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-500)}`;
  }
  const changed = join(folder, 'changed');
  writeFileSync(changed, 'a small change');
  return {
    import: async (tarball, image) => {
      await run('import', tarball, image);
    },
    commit: async (image) => {
      const container = `${image}-container`;
      await run('create', '--name', container, image, '/none');
      await run('cp', changed, `${container}:/changed`);
      const { durationMs } = await run('commit', container);
      await run('rm', container);
      return durationMs;
    },
    [Symbol.asyncDispose]: end,
  };
}

function startDaemon(dockerd: string, folder: string, socket: string, driver: string): ReturnType<typeof spawn> {
  const log = openSync(join(folder, 'log'), 'w');
  const places = ['data-root', 'exec-root', 'pidfile'].flatMap((name) => [`--${name}`, join(folder, name)]);
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const daemon = spawn(dockerd, [...places, '--host', socket, '--storage-driver', driver, ...network], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  return daemon;
}

/** Null when it answers. */
async function untilReady(daemon: ReturnType<typeof spawn>, ask: () => Promise<unknown>): Promise<'failed' | null> {
  const started = performance.now();
  while (performance.now() - started < START_LIMIT_MS && daemon.exitCode === null) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return null;
    await delay(START_PAUSE_MS);
  }
  return 'failed';
}
