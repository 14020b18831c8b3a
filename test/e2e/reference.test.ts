import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ReferenceExample, referenceExamples } from '../docs/reference-examples.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, Project, type Run } from './project.ts';

/** The repository that the example of CLONE names, and what stands for it here. */
const LIBRARY = 'file:///srv/git/library.git';

/** A repository with what the example of CLONE takes of it. */
function makeLibrary(folder: string): string {
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib/greet.sh'), 'echo hello\n');
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '.'],
    [...who, 'commit', '--quiet', '-m', 'start'],
  ])
    execFileSync('git', args, { cwd: folder });
  return `file://${folder}`;
}

/** Sections whose examples end before their last instruction, or with one that is no work, and how. */
const ENDS_EARLY: Readonly<Record<string, string>> = {
  'SKIP REMAINING IF': 'skipped',
  BUTTON: 'skipped',
  LABEL: 'restored',
};

/** A folder for each example, in the order of the page. */
function folderOf({ section }: ReferenceExample, index: number): string {
  return `${String(index + 1).padStart(2, '0')}-${section.toLowerCase().replaceAll(' ', '-')}`;
}

function projectOf(examples: readonly ReferenceExample[], library: string): Project {
  const files = examples.flatMap((example, index) => {
    const folder = folderOf(example, index);
    const beside = Object.entries(example.files).map(([path, text]) => [
      path.startsWith('/') ? path.slice(1) : `${folder}/${path}`,
      text,
    ]);
    return [[`${folder}/Layerfile`, example.layerfile.replace(LIBRARY, library)], ...beside];
  });
  return Project.of(Object.fromEntries(files) as Record<string, string>);
}

/** The outcomes of one Layerfile's steps. */
function outcomesOf(run: Run, folder: string): string {
  return outcomes({
    ...run,
    events: run.events.filter((event) => 'layerfile' in event && event.layerfile.startsWith(`${folder}/`)),
  });
}

machineTest('every example of the reference runs to its end', async (t) => {
  const examples = referenceExamples().filter(({ purpose }) => purpose === 'runs');
  const folder = mkdtempSync(join(tmpdir(), 'layer-library-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  using project = projectOf(examples, makeLibrary(folder));
  const flags = examples.flatMap((example) => example.flags);
  const run = await project.run(...flags);
  t.is(run.exitCode, 0, run.stderr);
  for (const [index, example] of examples.entries()) {
    const ended = outcomesOf(run, folderOf(example, index)).split(' ');
    const early = ENDS_EARLY[example.section];
    t.is(ended.at(-1), early ?? 'ran', example.section);
    // What ends a Layerfile is no work in the machine where the host alone can tell.
    const expected = early === undefined ? ['ran'] : ['ran', 'restored', early];
    t.deepEqual(
      ended.slice(1).filter((outcome) => !expected.includes(outcome)),
      [],
      `${example.section}: ${ended.join(' ')}`,
    );
  }
  const again = await project.run(...flags);
  t.is(again.exitCode, 0);
  t.is(again.machines, 0, 'nothing changed');
});
