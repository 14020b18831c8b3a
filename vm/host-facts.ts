import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { join, resolve } from 'node:path';

import { decodeChecked, encodeChecked } from '../util/checked-json.ts';
import { writeFileDurably } from '../util/durable-file.ts';
import { noteGround } from '../util/grounds.ts';
import { LayerError } from '../util/layer-error.ts';
import type { Accelerator, AcceleratorVerdict } from './accelerator.ts';
import { QEMU, TSC_METER } from './helper-binaries.ts';
import { type HostCpu, hostCpu } from './host-cpu.ts';
import type { QemuOffers } from './qemu-offers.ts';

/**
 * What was found out about this host, kept in `LAYER_HOME/host.json` so that a run does not have to start QEMU to ask.
 * Each fact holds for a key: for another QEMU, kernel or CPU it is asked again. Losing the file costs a second; a damaged
 * one, or one without a checksum (checked-json.ts), is as good as lost. So is version 1; version 2 had no `cpu`.
 */
interface FactsFile {
  readonly version: 3;
  readonly cpu?: HostCpu;
  readonly qemu?: { readonly key: string; readonly version: string };
  readonly accelerator?: { readonly key: string; readonly verdict: AcceleratorVerdict };
  readonly tsc?: { readonly key: string; readonly khz: number | null };
  readonly offers?: Readonly<Partial<Record<Accelerator, { readonly key: string; readonly offers: QemuOffers }>>>;
  /** Of files that do not change, by what stat tells of them. */
  readonly hashes?: Readonly<Record<string, string>>;
}

/** Two for each image in use, and some that are no longer. */
const HASHES_KEPT = 32;

export class HostFacts {
  readonly #path: string;
  #facts: FactsFile;
  #hostKeyMemo: string | undefined;

  constructor(home: string) {
    this.#path = join(home, 'host.json');
    this.#facts = readFacts(this.#path);
  }

  /** QEMU's own version text, for example "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)". Throws `PACKAGE_MISSING`. */
  qemuVersion(): string {
    const [path, key] = qemuKey();
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

  /** What this very QEMU can do here with `accelerator`, if that was found out. */
  rememberedOffers(accelerator: Accelerator): QemuOffers | undefined {
    const known = this.#facts.offers?.[accelerator];
    return known?.key === this.#offersKey() ? known.offers : undefined;
  }

  rememberOffers(accelerator: Accelerator, offers: QemuOffers): void {
    this.#remember({ offers: { ...this.#facts.offers, [accelerator]: { key: this.#offersKey(), offers } } });
  }

  /** Hex sha-256 of a file that is replaced, never written to. Read once for each state that stat tells of. */
  hashOf(path: string): string {
    noteGround(path);
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    const key = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
    const known = this.#facts.hashes?.[key];
    if (known !== undefined) return known;
    const found = hash('sha256', readFileSync(path));
    const kept = Object.entries(this.#facts.hashes ?? {}).slice(1 - HASHES_KEPT);
    this.#remember({ hashes: Object.fromEntries([...kept, [key, found]]) });
    return found;
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
    this.#hostKeyMemo ??= `${release()} | ${this.qemuVersion()} | ${this.#cpu()} | ${process.getuid?.() ?? ''}`;
    return this.#hostKeyMemo;
  }

  #cpu(): string {
    const cpu = hostCpu(this.#facts.cpu);
    if (cpu !== this.#facts.cpu) this.#remember({ cpu });
    return cpu.line;
  }

  #offersKey(): string {
    return `${this.#hostKey()} | ${qemuKey()[1]}`;
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

function hostClock(): string {
  try {
    return readFileSync('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function readFacts(path: string): FactsFile {
  noteGround(path);
  try {
    const facts = decodeChecked(readFileSync(path, 'utf8')) as { readonly version?: unknown } | undefined;
    if (facts?.version === 2 || facts?.version === 3) return { ...facts, version: 3 };
  } catch {
    // Missing or broken: everything is asked again.
  }
  return { version: 3 };
}

/** The program that would run, and what tells it from the one that was there before. */
function qemuKey(): readonly [path: string, key: string] {
  const path = findProgram(QEMU);
  const { size, mtimeMs } = statSync(path);
  return [path, `${path} ${size} ${mtimeMs}`];
}

function findProgram(name: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const path = join(folder === '' ? '.' : folder, name);
    noteGround(resolve(path));
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  }
  throw new LayerError('PACKAGE_MISSING', `${name} is not installed`, {
    hint: 'Run ./setup/install, or install QEMU.',
  });
}
