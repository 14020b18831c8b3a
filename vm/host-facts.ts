import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

import { decodeChecked, encodeChecked } from '../util/checked-json.ts';
import { writeFileDurably } from '../util/durable-file.ts';
import { LayerError } from '../util/layer-error.ts';
import type { AcceleratorVerdict } from './accelerator.ts';
import type { MachineStateFormat } from './machine-state.ts';
import { QEMU, TSC_METER } from './helper-binaries.ts';

/**
 * What was found out about this host, kept in `LAYER_HOME/host.json` so that a run does not have to start QEMU to ask.
 * Each fact holds for a key: for another QEMU, kernel or CPU it is asked again. Losing the file costs a second; a damaged
 * one, or one without a checksum (checked-json.ts), is as good as lost.
 */
interface FactsFile {
  readonly version: 1;
  readonly qemu?: { readonly key: string; readonly version: string };
  readonly accelerator?: { readonly key: string; readonly verdict: AcceleratorVerdict };
  readonly tsc?: { readonly key: string; readonly khz: number | null };
  readonly format?: { readonly key: string; readonly format: MachineStateFormat };
}

export class HostFacts {
  readonly #path: string;
  #facts: FactsFile;

  constructor(home: string) {
    this.#path = join(home, 'host.json');
    this.#facts = readFacts(this.#path);
  }

  /** QEMU's own version text, for example "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)". Throws `PACKAGE_MISSING`. */
  qemuVersion(): string {
    const path = findProgram(QEMU);
    const { size, mtimeMs } = statSync(path);
    const key = `${path} ${size} ${mtimeMs}`;
    if (this.#facts.qemu?.key === key) return this.#facts.qemu.version;
    const output = execFileSync(path, ['--version'], { encoding: 'utf8' });
    const version = /version (.*)/.exec(output)?.[1] ?? output.trim();
    this.#remember({ qemu: { key, version } });
    return version;
  }

  rememberedAccelerator(): AcceleratorVerdict | undefined {
    return this.#facts.accelerator?.key === this.#hostKey() ? this.#facts.accelerator.verdict : undefined;
  }

  rememberAccelerator(verdict: AcceleratorVerdict): void {
    this.#remember({ accelerator: { key: this.#hostKey(), verdict } });
  }

  /** How machines are saved here: through the process's own memory where the kernel lets us, else as a stream. */
  stateFormat(): MachineStateFormat {
    const forced = process.env['LAYER_STATE_FORMAT'];
    if (forced === 'private' || forced === 'stream') return forced;
    const key = this.#hostKey();
    if (this.#facts.format?.key === key) return this.#facts.format.format;
    const format = canReadChildMemory() ? 'private' : 'stream';
    this.#remember({ format: { key, format } });
    return format;
  }

  /**
   * The rate of the time-stamp counter in kHz, to 100 (22 in a million at 2 GHz); null where the host's own kernel does
   * not keep time by it, and so does not trust it.
   */
  tscKhz(): number | null {
    const key = this.#hostKey();
    if (this.#facts.tsc?.key === key) return this.#facts.tsc.khz;
    const khz =
      hostClock() === 'tsc' ? Math.round(Number(execFileSync(TSC_METER, { encoding: 'utf8' })) / 100) * 100 : null;
    this.#remember({ tsc: { key, khz } });
    return khz;
  }

  #hostKey(): string {
    return `${release()} | ${this.qemuVersion()} | ${hostCpu()} | ${process.getuid?.() ?? ''}`;
  }

  #remember(facts: Partial<FactsFile>): void {
    this.#facts = { ...this.#facts, ...facts };
    try {
      writeFileDurably(this.#path, encodeChecked(this.#facts));
    } catch {
      // A full or read-only disk: the fact is found out again by the next run.
    }
  }
}

/** The host's CPU as it names itself: under KVM the guest sees it, so a snapshot belongs to it. */
export function hostCpu(): string {
  return cpus()[0]?.model ?? 'unknown';
}

function hostClock(): string {
  try {
    return readFileSync('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function readFacts(path: string): FactsFile {
  try {
    const facts = decodeChecked(readFileSync(path, 'utf8')) as Partial<FactsFile> | undefined;
    return facts?.version === 1 ? (facts as FactsFile) : { version: 1 };
  } catch {
    return { version: 1 };
  }
}

function findProgram(name: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const path = join(folder === '' ? '.' : folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  }
  throw new LayerError('PACKAGE_MISSING', `${name} is not installed`, {
    hint: 'Run ./setup/install, or install QEMU.',
  });
}

/** Tries on a child what a save does to QEMU: ptrace restrictions (Yama, containers) may forbid it. */
function canReadChildMemory(): boolean {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  child.on('error', () => undefined);
  try {
    for (const file of ['mem', 'pagemap'])
      closeSync(openSync(`/proc/${child.pid}/${file}`, file === 'mem' ? 'r+' : 'r'));
    return true;
  } catch {
    return false;
  } finally {
    child.kill('SIGKILL');
  }
}
