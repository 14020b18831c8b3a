import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder with a Layerfile, which goes on from its parent's. */
export interface Unit {
  /** `level-2/unit-3`. */
  readonly path: string;
  /** `level-2-unit-3`: an image's name, and a folder in the machine. */
  readonly name: string;
  /** 1 to 4. */
  readonly level: number;
  readonly parent: Unit | null;
}

/** Of a unit's files, how many its step reads. */
const SHARE_READ = 0.4;
const FILES_IN_A_FOLDER = 100;

/**
 * A git repository of many small files in as many units as it has Layerfiles: one at the root, four levels of FROM. Each
 * unit copies its folder and reads its `src`; the same stands in a Dockerfile, whose image goes on from the parent's, and in
 * a wireit script, which says by hand that `src` is what is read.
 */
export class GeneratedMonorepo {
  readonly folder: string;
  readonly units: readonly Unit[];
  readonly filesRead: number;
  #edits = 0;

  constructor(folder: string, size: { readonly layerfiles: number; readonly files: number }) {
    this.folder = folder;
    this.units = unitsOf(size.layerfiles);
    const each = Math.floor(size.files / size.layerfiles);
    this.filesRead = Math.floor(each * SHARE_READ);
    for (const unit of this.units) this.#writeUnit(unit, each);
    this.write('.gitignore', '.wireit\n');
    this.write('package.json', rootPackage(this.units));
    this.#commit();
  }

  /** One whose edit concerns nobody else. */
  get leaf(): Unit {
    return this.#unit((unit) => unit.level === 4);
  }

  /** One of the second level: others go on from it, and others do not. */
  get base(): Unit {
    return this.#unit((unit) => unit.level === 2);
  }

  /** The unit and all that go on from it. */
  family(unit: Unit): readonly Unit[] {
    return this.units.filter((other) => {
      for (let at: Unit | null = other; at !== null; at = at.parent) if (at === unit) return true;
      return false;
    });
  }

  /** Paths of the files that the unit's step reads, relative to its folder. */
  read(): readonly string[] {
    return Array.from({ length: this.filesRead }, (_, index) => `src/file-${index}.txt`);
  }

  /** Adds a line that no earlier edit added, to a file that the unit's step reads, until the result is disposed of. */
  edit(unit: Unit): Disposable {
    const path = `${unit.path}/src/file-0.txt`;
    this.write(path, `${contentOf(path)}edit ${++this.#edits}\n`);
    return { [Symbol.dispose]: () => this.write(path, contentOf(path)) };
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  #unit(isIt: (unit: Unit) => boolean): Unit {
    const found = this.units.find(isIt);
    if (found === undefined) throw new Error('A level without units');
    return found;
  }

  #writeUnit(unit: Unit, files: number): void {
    const { path, name, parent } = unit;
    const steps = ['COPY . /app/' + name, `RUN cat /app/${name}/src/* > /dev/null`, ''];
    const from = parent === null ? 'vm/debian:12' : `/${parent.path}`;
    this.write(`${path}/Layerfile`, [`FROM ${from}`, ...steps].join('\n'));
    this.write(`${path}/Dockerfile`, [`FROM ${parent?.name ?? 'bench-base'}`, ...steps].join('\n'));
    this.write(`${path}/.dockerignore`, '.wireit\n');
    this.write(`${path}/package.json`, unitPackage(unit));
    const unread = Array.from({ length: files - this.filesRead }, (_, index) => unreadPath(index));
    for (const file of [...this.read(), ...unread]) this.write(`${path}/${file}`, contentOf(`${path}/${file}`));
  }

  #commit(): void {
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], {
        cwd: this.folder,
      });
    };
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'generated');
  }
}

/** `count` in four levels, parents first: of 20 they have 1, 4, 5 and 10 units, of 200 1, 14, 50 and 135. */
function unitsOf(count: number): readonly Unit[] {
  const [second, third] = [Math.round(Math.sqrt(count)), Math.round(count / 4)];
  const sizes = [1, second, third, count - 1 - second - third];
  if (Math.min(...sizes) < 1) throw new Error(`${count} Layerfiles are too few for four levels`);
  const units: Unit[] = [];
  let above: readonly Unit[] = [];
  for (const [index, size] of sizes.entries()) {
    const level = index + 1;
    above = Array.from({ length: size }, (_, place): Unit => {
      const parent = above[place % above.length] ?? null;
      return { path: `level-${level}/unit-${place}`, name: `level-${level}-unit-${place}`, level, parent };
    });
    units.push(...above);
  }
  return units;
}

/** Some 200 bytes, different in every file. */
function contentOf(path: string): string {
  return `${path}\n`.repeat(6);
}

function unreadPath(index: number): string {
  return `docs/folder-${Math.floor(index / FILES_IN_A_FOLDER)}/file-${index}.txt`;
}

function unitPackage({ name, parent }: Unit): string {
  const dependencies = parent === null ? {} : { dependencies: [`../../${parent.path}:build`] };
  const build = { command: 'cat src/* > /dev/null', files: ['src/**'], output: [], ...dependencies };
  return JSON.stringify({ name, scripts: { build: 'wireit' }, wireit: { build } });
}

function rootPackage(units: readonly Unit[]): string {
  const dependencies = units.map(({ path }) => `./${path}:build`);
  return JSON.stringify({ name: 'generated', scripts: { all: 'wireit' }, wireit: { all: { dependencies } } });
}
