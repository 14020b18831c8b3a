import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { endProcess } from '../util/end-process.ts';
import { type Ended, findProgram, measure } from './command.ts';

const START_LIMIT_MS = 30_000;
const START_PAUSE_MS = 100;
/** A daemon writes its layers back, and unmounts them, before it ends. */
const END_GRACE_MS = 20_000;

/** A dockerd of our own: private socket, data and network, ended with its scope. */
export interface DockerDaemon extends AsyncDisposable {
  /** Runs `docker ARGS` in a folder to its end; `build` is BuildKit's. */
  run(folder: string, ...args: readonly string[]): Promise<Ended>;
}

/** Starts one that keeps everything in `folder`, or says why there is none. */
export async function openDockerDaemon(folder: string, storageDriver?: string): Promise<DockerDaemon | string> {
  const dockerd = findProgram('dockerd');
  // Debian's client talks to the BuildKit in dockerd; another `docker` on PATH may want a plugin for that.
  const docker = findProgram('/usr/bin/docker', 'docker');
  if (dockerd === undefined || docker === undefined) return 'docker.io is not installed';
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  mkdirSync(folder, { recursive: true });
  const socket = `unix://${join(folder, 'socket')}`;
  const environment = { DOCKER_HOST: socket, DOCKER_BUILDKIT: '1', DOCKER_CONFIG: join(folder, 'config') };
  const run: DockerDaemon['run'] = (inFolder, ...args) =>
    measure({ program: docker, args, folder: inFolder, environment });
  const driver = storageDriver === undefined ? [] : ['--storage-driver', storageDriver];
  const daemon = startDaemon(dockerd, folder, ['--host', socket, ...driver]);
  const exited = once(daemon, 'exit').then(() => undefined);
  const end = (): Promise<void> => endProcess(daemon, exited, { graceMs: END_GRACE_MS });
  if (await isReady(daemon, () => run(folder, 'version'))) return { run, [Symbol.asyncDispose]: end };
  await end();
  return `dockerd did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-500)}`;
}

/** In a process group of its own: Ctrl-C is for the benchmark, which ends the daemon when nothing needs it any more. */
function startDaemon(dockerd: string, folder: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(folder, 'log'), 'w');
  const place = (name: string): string => join(folder, name);
  const places = ['--data-root', place('data'), '--exec-root', place('exec'), '--pidfile', place('pid')];
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const daemon = spawn(dockerd, [...places, ...args, ...network], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  return daemon;
}

async function isReady(daemon: ChildProcess, ask: () => Promise<unknown>): Promise<boolean> {
  const started = performance.now();
  while (performance.now() - started < START_LIMIT_MS && daemon.exitCode === null) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return true;
    await delay(START_PAUSE_MS);
  }
  return false;
}
