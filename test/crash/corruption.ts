import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

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

/** Below links are what other homes share: it is not to be damaged (Node's own recursive reading goes there). */
function filesOf(home: string, folder = ''): readonly string[] {
  return readdirSync(join(home, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesOf(home, path) : entry.isFile() ? [path] : [];
    })
    .sort();
}

function flip(file: string, byte: number, random: () => number): Damage {
  const bit = Math.floor(random() * 8);
  return changed(file, `bit ${bit} of byte ${byte} flipped`, (path) => flipIn(path, byte, bit));
}

/** In its place: a memory is a gigabyte of holes. */
function flipIn(path: string, byte: number, bit: number): void {
  const fd = openSync(path, 'r+');
  try {
    const one = Buffer.alloc(1);
    readSync(fd, one, 0, 1, byte);
    one.writeUInt8(one.readUInt8() ^ (1 << bit));
    writeSync(fd, one, 0, 1, byte);
  } finally {
    closeSync(fd);
  }
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
