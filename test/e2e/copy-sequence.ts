import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import fc from 'fast-check';

/**
 * Random COPYs and RUNs, as a Layerfile and as what plain copying to a plain folder gives. Several independent places
 * (`/srv/0`, `/srv/1`, …) share one machine: each round copies to each of them, then one RUN writes to all.
 */
export interface CopySequence {
  readonly layerfile: string;
  /** Step number of each RUN and what it must print: everything that is there. */
  readonly expected: ReadonlyMap<number, string>;
}

/** Names that are files in one source and folders in another. */
export const SEQUENCE_FILES: Readonly<Record<string, string>> = {
  'w0/f1': 'w0/f1\n',
  'w0/f2': 'w0/f2\n',
  'w0/d/f1': 'w0/d/f1\n',
  'w0/d/f3': 'w0/d/f3\n',
  'w0/d/e/f1': 'w0/d/e/f1\n',
  'w0/k/f1': 'w0/k/f1\n',
  'w0/k/m/f2': 'w0/k/m/f2\n',
  'w1/f1/f1': 'w1/f1/f1\n',
  'w1/d': 'w1/d\n',
  'w1/k': 'w1/k\n',
  'w1/g/f1': 'w1/g/f1\n',
  'w2/d/e': 'w2/d/e\n',
  'w2/d/k/f4': 'w2/d/k/f4\n',
  'w2/k/f1': 'w2/k/f1\n',
  'w2/k/m': 'w2/k/m\n',
};

const FOLDER_SOURCES = ['w0', 'w1', 'w2', 'w0/d', 'w0/k', 'w1/g', 'w2/d'];
const FILE_SOURCES = ['w0/f1', 'w0/d/f3', 'w1/d', 'w2/k/m'];
/** Folders that are copied to: nothing removes or renames them, because a mount point cannot be. */
const TARGETS = ['a', 'a/d', 'a/d/e', 'a/g', 'b'];
const FILE_TARGETS = ['a/f1', 'a/d', 'a/d/f3', 'a/d/k', 'a/g/new', 'b/d'];
const WRITTEN = ['a/f1', 'a/f2', 'a/n', 'a/d/f1', 'a/d/n', 'a/d/e/f1', 'a/g/f1', 'a/k/f1', 'a/k/n', 'b/f1', 'b/k/m/n'];
const REMOVED = [
  'a/f1',
  'a/k',
  'a/k/m',
  'a/k/f1',
  'a/d/f1',
  'a/d/k',
  'a/d/e/f1',
  'a/g/f1',
  'b/k',
  'b/f1',
  'b/d',
  'a/n',
];
const MOVED = ['a/f1', 'a/k', 'a/k/m', 'a/d/k', 'b/k', 'a/moved', 'a/k/moved', 'b/moved', 'a/d/moved'];

const copy = fc.oneof(
  fc.record({
    source: fc.constantFrom(...FOLDER_SOURCES),
    target: fc.constantFrom(...TARGETS),
    isFolder: fc.constant(true),
  }),
  fc.record({
    source: fc.constantFrom(...FILE_SOURCES),
    target: fc.constantFrom(...FILE_TARGETS),
    isFolder: fc.constant(false),
  }),
);
type Copy = typeof copy extends fc.Arbitrary<infer Value> ? Value : never;

const command = fc.oneof(
  fc.constantFrom(...WRITTEN).map((path) => `w ${path}`),
  fc.constantFrom(...WRITTEN).map((path) => `append ${path}`),
  fc.constantFrom(...REMOVED).map((path) => `r ${path}`),
  fc.constantFrom(...REMOVED).map((path) => `renew ${path}`),
  fc.tuple(fc.constantFrom(...MOVED), fc.constantFrom(...MOVED)).map((paths) => `move ${paths.join(' ')}`),
  fc.constantFrom('a', 'b', 'a/d').map((folder) => `link ${folder}`),
  fc.constantFrom(...WRITTEN).map((path) => `flag ${path}`),
);

/** What the commands above mean, to a shell in the machine as on the host. */
const FUNCTIONS = `umask 022; export LC_ALL=C
w() { mkdir -p "\${1%/*}" && [ ! -d "$1" ] && rm -f "$1" && echo "$2" >"$1"; }
append() { [ -f "$1" ] && echo "$2" >>"$1"; }
r() { rm -rf "$1"; }
renew() { rm -rf "$1"; mkdir "$1" && echo "$2" >"$1/renewed"; }
move() { case "$2/" in "$1"/*) return;; esac; case "$1/" in "$2"/*) return;; esac; rm -rf "$2"; mv -T "$1" "$2"; }
link() { rm -rf "$1/hard"; ln "$1/f1" "$1/hard"; }
flag() { [ -f "$1" ] && chmod 755 "$1"; }
state() { find . -printf '%y %p %l\\n'; find . -type f -printf '%p %m\\n'; grep -rH '' .; }`;

export function makeCopySequence(seed: number, places: number, rounds: number): CopySequence {
  const root = mkdtempSync(join(tmpdir(), 'layer-copy-'));
  try {
    return new Sequence(root, seed, places).make(rounds);
  } finally {
    rmSync(root, { recursive: true });
  }
}

class Sequence {
  readonly #places: string;
  readonly #workspace: string;
  readonly #copies: readonly Copy[];
  readonly #commands: readonly string[];
  readonly #count: number;
  readonly #lines = ['FROM vm/debian:12'];
  readonly #expected = new Map<number, string>();
  #taken = 0;

  constructor(root: string, seed: number, places: number) {
    this.#places = join(root, 'srv');
    this.#workspace = join(root, 'workspace');
    this.#count = places;
    this.#copies = fc.sample(copy, { seed, numRuns: 400 });
    this.#commands = fc.sample(command, { seed: seed + 1, numRuns: 1000 });
    for (let place = 0; place < places; place++) mkdirSync(join(this.#places, String(place)), { recursive: true });
    for (const [path, text] of Object.entries(SEQUENCE_FILES)) {
      mkdirSync(dirname(join(this.#workspace, path)), { recursive: true });
      writeFileSync(join(this.#workspace, path), text);
    }
  }

  make(rounds: number): CopySequence {
    this.#run(0);
    for (let round = 1; round <= rounds; round++) {
      for (let place = 0; place < this.#count; place++) for (let copies = 2; copies > 0; copies--) this.#copyTo(place);
      this.#run(round);
    }
    return { layerfile: `${this.#lines.join('\n')}\n`, expected: this.#expected };
  }

  #next<Item>(items: readonly Item[]): Item {
    return items[this.#taken++ % items.length] as Item;
  }

  #copyTo(place: number): void {
    const { source, target, isFolder } = this.#next(this.#copies);
    const to = join(this.#places, String(place), target);
    // A COPY into what is no folder is an error: not what is tested here.
    if (!hasFoldersOnly(this.#places, `${place}/${isFolder ? target : dirname(target)}`)) return;
    this.#lines.push(`COPY ${source} /srv/${place}/${target}${isFolder ? '/' : ''}`);
    mkdirSync(isFolder ? to : dirname(to), { recursive: true });
    layOver(join(this.#workspace, source), to);
  }

  #run(round: number): void {
    const commands = Array.from({ length: this.#count }, (_, place) => this.#commandsFor(round, place)).flat();
    const script = [FUNCTIONS, ...commands, 'state'].join('\n');
    const places = Array.from({ length: this.#count }, (_, place) => place).join(' ');
    this.#lines.push(
      `RUN mkdir -p /srv && cd /srv && mkdir -p ${places} && bash 2>/dev/null <<'END' | LC_ALL=C sort\n${script}\nEND`,
    );
    const said = execFileSync('bash', ['--norc', '-c', `{ ${script}\n} 2>/dev/null | LC_ALL=C sort`], {
      cwd: this.#places,
    });
    this.#expected.set(this.#lines.length, said.toString());
  }

  #commandsFor(round: number, place: number): string[] {
    if (round === 0) return [`w ${place}/a/f2 image`, `w ${place}/a/d/f1 image`, `w ${place}/b/k/f9 image`];
    return Array.from({ length: 5 }, (_, index) => {
      const [verb, ...paths] = this.#next(this.#commands).split(' ');
      return [verb, ...paths.map((path) => `${place}/${path}`), `${round}.${index}`].join(' ');
    });
  }
}

/** As files come out of a COPY: what is copied wins, folders merge. */
function layOver(source: string, target: string): void {
  if (statSync(source).isDirectory()) {
    if (!isFolder(target)) rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const name of execFileSync('ls', [source], { encoding: 'utf8' }).trim().split('\n'))
      layOver(join(source, name), join(target, name));
  } else {
    rmSync(target, { recursive: true, force: true });
    cpSync(source, target);
    execFileSync('chmod', ['664', target]);
  }
}

function hasFoldersOnly(root: string, path: string): boolean {
  const parts = path.split('/');
  return parts.every((_, index) => isFolder(join(root, ...parts.slice(0, index + 1)), true));
}

function isFolder(path: string, orAbsent = false): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? orAbsent : stats.isDirectory();
}
