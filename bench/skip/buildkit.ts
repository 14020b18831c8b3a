import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { endProcess } from '../../util/end-process.ts';
import { makeBaseTarball } from './base-tarball.ts';
import { countOf, findProgram, measure, type OpenTool } from './tool.ts';

const START_LIMIT_MS = 30_000;
const START_PAUSE_MS = 100;
/** A daemon writes its layers back before it ends. */
const END_GRACE_MS = 20_000;

/** `docker build` with BuildKit, by a dockerd of our own: private socket, data and network, ended with the benchmark. */
export const openBuildKit: OpenTool = async (scratch) => {
  const dockerd = findProgram('dockerd');
  // Debian's client talks to the BuildKit in dockerd; another `docker` on PATH may want a plugin for that.
  const docker = findProgram('/usr/bin/docker', 'docker');
  if (dockerd === undefined || docker === undefined) return 'docker.io is not installed';
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  const folder = join(scratch, 'docker');
  mkdirSync(folder);
  const tarball = makeBaseTarball(folder);
  if (tarball === undefined) return 'busybox-static is not installed';
  const socket = `unix://${join(folder, 'socket')}`;
  const environment = { DOCKER_HOST: socket, DOCKER_BUILDKIT: '1', DOCKER_CONFIG: join(folder, 'config') };
  const run = (inFolder: string, ...args: readonly string[]): ReturnType<typeof measure> =>
    measure({ program: docker, args, folder: inFolder, environment });

  const daemon = startDaemon(dockerd, folder, socket);
  const exited = once(daemon, 'exit').then(() => undefined);
  try {
    await untilReady(daemon, () => run(folder, 'version'), join(folder, 'log'));
    await run(folder, 'import', tarball, 'bench-base');
  } catch (error) {
    await endProcess(daemon, exited, { graceMs: END_GRACE_MS });
    throw error;
  }
  return {
    name: 'buildkit',
    async build(repository) {
      const { durationMs, output } = await run(
        repository.folder,
        'build',
        '--network',
        'none',
        '--progress',
        'plain',
        '.',
      );
      return { durationMs, stepsRun: 4 - countOf(/ CACHED$/gm, output) };
    },
    [Symbol.asyncDispose]: () => endProcess(daemon, exited, { graceMs: END_GRACE_MS }),
  };
};

/** In a process group of its own: Ctrl-C is for the benchmark, which ends the daemon when nothing needs it any more. */
function startDaemon(dockerd: string, folder: string, socket: string): ChildProcess {
  const log = openSync(join(folder, 'log'), 'w');
  const place = (name: string): string => join(folder, name);
  const args = [
    '--data-root',
    place('data'),
    '--exec-root',
    place('exec'),
    '--pidfile',
    place('pid'),
    '--host',
    socket,
  ];
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const daemon = spawn(dockerd, [...args, ...network], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  return daemon;
}

async function untilReady(daemon: ChildProcess, ask: () => Promise<unknown>, log: string): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < START_LIMIT_MS && daemon.exitCode === null) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await delay(START_PAUSE_MS);
  }
  throw new Error(`dockerd did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
}
