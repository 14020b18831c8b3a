import { execFileSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runLayerfiles } from '../../runner/run-layerfiles.ts';
import { placeFakeImage } from '../../test/helpers/fake-image.ts';
import { FakeMachineFactory } from '../../test/helpers/fake-machine.ts';
import type { FuseClient } from '../../test/helpers/fuse-client.ts';

const FILES_IN_A_FOLDER = 100;
const AN_HOUR_S = 3600;
const MOST_COMMITTED = 100_000;

export interface ProjectSize {
  readonly files: number;
  /** How many of them, from the first on, the build reads; it lists the folders that they are in. */
  readonly recorded: number;
}

/**
 * A git repository of many files, and a LAYER_HOME that holds a build of it. No machine is started: a stand-in asks the real
 * tracer what a guest's kernel would ask, so that the decision that is measured is that about a real read set.
 */
export class RecordedProject {
  readonly repository: string;
  readonly home: string;
  readonly #size: ProjectSize;

  constructor(scratch: string, size: ProjectSize) {
    this.repository = join(scratch, 'repository');
    this.home = join(scratch, 'home');
    this.#size = size;
    this.#writeFiles();
    placeFakeImage(this.home);
  }

  /** A large repository is left uncommitted: that would take git many minutes. */
  get isCommitted(): boolean {
    return this.#size.files <= MOST_COMMITTED;
  }

  /** The `index`-th file, absolute. */
  file(index: number): string {
    return join(this.repository, filePath(index));
  }

  /** Builds it, which records what is read; returns how many observations there are. */
  async record(): Promise<number> {
    let observations = 0;
    const result = await runLayerfiles({
      paths: ['.'],
      directory: this.repository,
      home: this.home,
      accelerator: 'tcg',
      noCache: false,
      force: [],
      signal: new AbortController().signal,
      machines: new FakeMachineFactory(async (command, { kernel }) => {
        if (command.includes('build')) await readFiles(kernel, this.#size.recorded);
        return {};
      }),
      emit: (event) => {
        if (event.event === 'step' && event.observed !== null)
          observations += Object.values(event.observed).reduce((sum, count) => sum + count, 0);
      },
    });
    if (result.outcome !== 'succeeded') throw new Error(`The build ${result.outcome}`);
    return observations;
  }

  #writeFiles(): void {
    const anHourAgo = Date.now() / 1000 - AN_HOUR_S;
    for (let index = 0; index < this.#size.files; index++) {
      if (index % FILES_IN_A_FOLDER === 0) mkdirSync(join(this.file(index), '..'), { recursive: true });
      writeFileSync(this.file(index), `${filePath(index)}\n`.repeat(8));
      // git reads files again that are as new as its index.
      utimesSync(this.file(index), anHourAgo, anHourAgo);
    }
    writeFileSync(join(this.repository, 'Layerfile'), 'FROM vm/debian:12\nWORKDIR /app\nCOPY . .\nRUN build\n');
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: this.repository });
    git('init', '--quiet');
    if (!this.isCommitted) return;
    git('add', '.');
    git('-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '--quiet', '-m', 'generated');
  }
}

function filePath(index: number): string {
  return `src/folder-${Math.floor(index / FILES_IN_A_FOLDER)}/file-${index}.txt`;
}

/** As `tar` would: lists each folder, and reads each file in it. `0` is the view that COPY made. */
async function readFiles(kernel: FuseClient, count: number): Promise<void> {
  const source = (await kernel.walk('0/src')).nodeId;
  for (let first = 0; first < count; first += FILES_IN_A_FOLDER) {
    const folder = (await kernel.lookUp(source, `folder-${first / FILES_IN_A_FOLDER}`)).nodeId;
    await kernel.list(folder, 44, 1 << 16);
    for (let index = first; index < Math.min(count, first + FILES_IN_A_FOLDER); index++)
      await kernel.read((await kernel.lookUp(folder, `file-${index}.txt`)).nodeId, 0, 1 << 20);
  }
}
