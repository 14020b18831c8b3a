import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FILES_IN_A_FOLDER = 100;
const MANIFESTS = ['package.json', 'package-lock.json'];
const MOST_READ = 10;

/**
 * A generated git repository of `files` small files, besides a Layerfile and a Dockerfile that say the same: copy
 * everything, "install" by reading two manifests, "build" by reading up to ten sources. In a repository too small for
 * that, half of the sources are read.
 */
export class Repository {
  readonly folder: string;
  readonly read: readonly string[];
  readonly unread: string;
  #edits = 0;

  constructor(folder: string, files: number) {
    const sources = Array.from({ length: files - MANIFESTS.length }, (_, index) => sourcePath(index));
    this.folder = folder;
    this.read = sources.slice(0, Math.min(MOST_READ, Math.floor(sources.length / 2)));
    this.unread = sources.at(-1) ?? '';
    for (const path of [...MANIFESTS, ...sources]) this.#write(path, contentOf(path));
    this.#write('Layerfile', ['FROM vm/debian:12', ...this.#steps()].join('\n'));
    this.#write('Dockerfile', ['FROM bench-base', ...this.#steps()].join('\n'));
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { cwd: folder });
    };
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'generated');
  }

  /** Adds a line that no earlier edit added. */
  edit(path: string): void {
    appendFileSync(join(this.folder, path), `edit ${++this.#edits}\n`);
  }

  #steps(): readonly string[] {
    return [
      'WORKDIR /app',
      'COPY . .',
      `RUN cat ${MANIFESTS.join(' ')} > /tmp/installed`,
      `RUN cat ${this.read.join(' ')} > /tmp/built`,
      '',
    ];
  }

  #write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function sourcePath(index: number): string {
  return `src/folder-${Math.floor(index / FILES_IN_A_FOLDER)}/file-${index}.txt`;
}

/** Some 200 bytes, different in every file. */
function contentOf(path: string): string {
  return `${path}\n`.repeat(8);
}
