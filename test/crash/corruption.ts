import { lstatSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** One file of a home, damaged in one way. */
export interface Damage {
  /** Relative to the home. */
  readonly file: string;
  /** For people: `bit 3 of byte 17 flipped`. */
  readonly what: string;
  readonly inflict: (home: string) => void;
}

/** Every way in which the files of a home are damaged, with places that `random` chooses. */
export function damagesOf(home: string, flipsEach: number, random: () => number): readonly Damage[] {
  return filesOf(home).flatMap((file) => {
    const { size } = lstatSync(join(home, file));
    const flips =
      size === 0 ? [] : Array.from({ length: flipsEach }, () => flip(file, Math.floor(random() * size), random));
    return [
      removed(file),
      grown(file),
      ...(size === 0 ? [] : [emptied(file), shortened(file, size, random)]),
      ...flips,
    ];
  });
}

function filesOf(home: string): readonly string[] {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(home, join(parentPath, name)))
    .sort();
}

function flip(file: string, byte: number, random: () => number): Damage {
  const bit = Math.floor(random() * 8);
  return changed(file, `bit ${bit} of byte ${byte} flipped`, (path) => {
    const bytes = readFileSync(path);
    bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit);
    writeFileSync(path, bytes);
  });
}

function shortened(file: string, size: number, random: () => number): Damage {
  const length = Math.floor(random() * size);
  return changed(file, `cut off after ${length} bytes`, (path) => truncateSync(path, length));
}

function emptied(file: string): Damage {
  return changed(file, 'emptied', (path) => truncateSync(path, 0));
}

function grown(file: string): Damage {
  return changed(file, 'with more at its end', (path) => writeFileSync(path, 'more', { flag: 'a' }));
}

function removed(file: string): Damage {
  return changed(file, 'removed', (path) => rmSync(path));
}

function changed(file: string, what: string, change: (path: string) => void): Damage {
  return { file, what, inflict: (home) => change(join(home, file)) };
}
