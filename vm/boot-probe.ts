import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { endProcess } from '../util/end-process.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import { cpioArchive } from './cpio.ts';
import { GUEST_HELPER, LAUNCHER, QEMU } from './helper-binaries.ts';
import { kernelCommandLine, MACHINE_TYPE } from './machine-config.ts';

/** A guest that works says so within a second; one that hangs is given up after this. */
const LIMIT_MS = 8000;
const ALIVE = 'layer-probe: alive';

export interface ProbeOptions {
  readonly kernel: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Boots the real kernel with an initial RAM file system that holds nothing but our helper, which prints a line and ends
 * the machine. Resolves to null when it did, else to a clause saying what happened.
 */
export async function bootProbe(options: ProbeOptions): Promise<string | null> {
  const folder = makeTemporaryFolder('layer-probe');
  const console = join(folder, 'console.log');
  const initrd = join(folder, 'initrd');
  try {
    writeFileSync(initrd, cpioArchive([{ name: 'init', mode: 0o100755, content: readFileSync(GUEST_HELPER) }]));
    return await start(probeArguments(options, initrd, console), console, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(qemuArguments: readonly string[], console: string, options: ProbeOptions): Promise<string | null> {
  const child = spawn(LAUNCHER, [String(process.pid), QEMU, ...qemuArguments], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  try {
    return await watch(child, exited, console, options);
  } finally {
    await endProcess(child, exited, { askFirst: false });
  }
}

async function watch(
  child: ChildProcess,
  exited: Promise<void>,
  console: string,
  { limitMs = LIMIT_MS, signal }: ProbeOptions,
): Promise<string | null> {
  const timer = new AbortController();
  const limit = delay(limitMs, 'late', {
    signal: AbortSignal.any([timer.signal, ...(signal === undefined ? [] : [signal])]),
  });
  const first = await Promise.race([exited.then(() => 'ended'), limit.catch(() => 'aborted')]);
  timer.abort();
  signal?.throwIfAborted();
  if (consoleText(console).includes(ALIVE)) return null;
  if (first === 'late') return `a kernel started under it did not come up within ${limitMs / 1000} s`;
  return `QEMU ended with ${String(child.exitCode ?? child.signalCode)} before a kernel came up`;
}

function consoleText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function probeArguments({ kernel, accelerator }: ProbeOptions, initrd: string, console: string): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', MACHINE_TYPE, '-accel', accelerator, '-m', '256M'],
    ...['-chardev', `file,id=console,path=${console}`, '-serial', 'chardev:console'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', kernelCommandLine({ accelerator, tscKhz: null })],
  ];
}
