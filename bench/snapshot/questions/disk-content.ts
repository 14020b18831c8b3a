import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { openDocker, type StorageDriver } from '../docker.ts';
import type { Lab, LabSave } from '../lab.ts';
import { measurePoint } from '../measure.ts';
import {
  type BenchOptions,
  flatSaveVerdict,
  type Question,
  restoreVerdicts,
  saveVerdict,
  storedVerdict,
} from '../question.ts';
import { Samples } from '../samples.ts';

const [KIB, MIB, GIB] = [1 << 10, 1 << 20, 1 << 30];
const MEMORY_MIB = 1024;
/** A folder of the guest's disk keeps so many files at most. */
const FOLDER_FILES = 1000;
const CONTENT = Buffer.alloc(16 * MIB, 'content');
const DRIVERS: readonly StorageDriver[] = ['overlay2', 'vfs'];

interface Tree {
  readonly files: number;
  readonly bytes: number;
}

const TREES: readonly Tree[] = [
  { files: 1, bytes: GIB / 2 },
  { files: 1000, bytes: GIB / 2 },
  { files: 20_000, bytes: GIB / 2 },
];
const FULL_TREES: readonly Tree[] = [...TREES, { files: 1, bytes: 8 * GIB }, { files: 500_000, bytes: 8 * GIB }];

/** The same small step over disks with few and many files; beside it `docker commit` over the same trees. */
export const diskContent: Question = {
  name: 'disk-content',
  title: 'Save and restore against files on the disk (one small file written)',
  xLabel: 'files',
  async run(lab, options) {
    const samples = new Samples();
    // By number of files; where two trees have the same, the larger one stands beside.
    const trees = (options.full ? FULL_TREES : TREES).map((tree) => ({ ...tree, x: tree.files + tree.bytes / GIB }));
    const states: (Tree & { readonly x: number; readonly before: LabSave })[] = [];
    for (const tree of trees) {
      states.push({ ...tree, before: await withTree(lab, tree) });
      options.onProgress(`${tree.files} files of ${sizeText(tree)} are on a disk`);
    }
    for (let round = 1; round <= options.rounds; round++) {
      for (const { x, before } of states) {
        const command = 'echo changed > /root/changed; sync';
        await measurePoint(lab, samples, { x, before, command }, options.peers && round === 1);
      }
      options.onProgress(`round ${round} of ${options.rounds}`);
    }
    try {
      if (options.peers) for (const driver of DRIVERS) await measureDocker(lab, samples, driver, trees, options);
    } catch (error) {
      // Copies of many files take hours. What was measured until then is told.
      options.onProgress(`docker is not measured further: ${(error as Error).message}`);
    }
    return samples;
  },
  verdicts: (samples) => [
    ...restoreVerdicts(samples),
    saveVerdict(samples),
    storedVerdict(samples),
    flatSaveVerdict(samples),
  ],
};

function sizeText({ files, bytes }: Tree): string {
  return `${Math.round(bytes / files / KIB)} KiB`;
}

/** The machine with the tree on its disk and none of it in its caches. */
async function withTree(lab: Lab, { files, bytes }: Tree): Promise<LabSave> {
  await using machine = await lab.restore(await lab.base(MEMORY_MIB));
  const size = Math.floor(bytes / files);
  const program =
    `$b = join "", map { pack "N", rand 4294967296 } 1 .. 16384; ` +
    `for $i (0 .. ${files - 1}) { $d = "/root/tree/" . int($i / ${FOLDER_FILES}); mkdir $d unless $i % ${FOLDER_FILES}; ` +
    `open F, ">", "$d/$i"; for ($n = ${size}; $n > 0; $n -= 65536) { print F $n < 65536 ? substr($b, 0, $n) : $b } close F }`;
  await machine.run(`mkdir /root/tree; perl -e '${program}'; sync; echo 3 > /proc/sys/vm/drop_caches`);
  return await machine.save();
}

async function measureDocker(
  lab: Lab,
  samples: Samples,
  driver: StorageDriver,
  trees: readonly (Tree & { readonly x: number })[],
  { rounds, onProgress }: BenchOptions,
): Promise<void> {
  const folder = join(lab.make(), driver);
  const opened = await openDocker(folder, driver);
  if (typeof opened === 'string') {
    onProgress(`docker with ${driver} is not measured: ${opened}`);
    return;
  }
  await using docker = opened;
  for (const tree of trees) {
    const tarball = hostTree(lab, tree);
    const image = `tree-${tree.files}-${Math.round(tree.bytes / MIB)}`;
    await docker.import(tarball, image);
    rmSync(tarball);
    for (let round = 1; round <= rounds; round++)
      samples.add(`docker commit, ${driver}`, tree.x, await docker.commit(image));
    await docker.remove(image);
    onProgress(`docker with ${driver}: ${tree.files} files`);
  }
}

/** A tar file of the same tree. */
function hostTree(lab: Lab, { files, bytes }: Tree): string {
  const folder = lab.make();
  const size = Math.floor(bytes / files);
  for (let index = 0; index < files; index++) {
    const parent = join(folder, String(Math.floor(index / FOLDER_FILES)));
    if (index % FOLDER_FILES === 0) mkdirSync(parent);
    writeContent(join(parent, String(index)), size);
  }
  const tarball = join(lab.make(), 'tree.tar');
  execFileSync('tar', ['-C', folder, '-cf', tarball, '.']);
  rmSync(folder, { recursive: true });
  return tarball;
}

function writeContent(path: string, bytes: number): void {
  for (let left = bytes; left > 0; left -= CONTENT.length) appendFileSync(path, CONTENT.subarray(0, left));
}
