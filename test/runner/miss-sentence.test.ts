import test from 'ava';

import { missSentence } from '../../runner/miss-sentence.ts';
import type { Miss } from '../../runner/index.ts';
import { IDENTITY_FIELDS } from '../../vm/index.ts';

type ChangedMiss = Extract<Miss, { readonly reason: 'changed' }>;

function changed(kind: ChangedMiss['kind'], path: string, was: string, now: string): Miss {
  return { reason: 'changed', kind, path, was, now };
}

for (const [miss, sentence] of [
  [{ reason: 'new' }, 'new'],
  [{ reason: 'forced' }, 'forced'],
  [{ reason: 'evicted' }, 'its snapshot was removed'],
  [{ reason: 'instruction', was: 'RUN make' }, 'the instruction changed'],
  [{ reason: 'instruction' }, 'a step above changed'],
  [{ reason: 'instruction', parent: 'base/Layer\u001b[2Jfile' }, 'base/Layerfile runs anew'],
  [{ reason: 'unpublishable', paths: ['a.ts'] }, 'a.ts changed while it ran last'],
  [{ reason: 'unpublishable', paths: ['a.ts', 'b.ts', 'c.ts'] }, 'a.ts and 2 more changed while it ran last'],
  [{ reason: 'unpublishable', paths: [] }, 'a file changed while it ran last'],
  [changed('content', 'package.json', 'sha256:1', 'sha256:2'), 'package.json changed'],
  [changed('content', 'run.sh', 'sha256:1', 'sha256:1+x'), 'exec bit of run.sh changed'],
  [changed('content', 'package.json', 'sha256:1', 'absent'), 'package.json was removed'],
  [changed('content', 'lib', 'sha256:1', 'folder'), 'lib is now a folder'],
  [changed('listing', 'src', 'sha256:1', 'sha256:2'), 'files in src/ changed'],
  [changed('listing', '', 'sha256:1', 'sha256:2'), 'files in ./ changed'],
  [changed('listing', 'src', 'sha256:1', 'absent'), 'src was removed'],
  [changed('listing', 'src', 'sha256:1', 'file'), 'src is now a file'],
  [changed('stat', 'a.o', 'file 12', 'file 13'), 'size of a.o changed'],
  [changed('stat', 'a.o', 'file 12', 'file+x 12'), 'exec bit of a.o changed'],
  [changed('stat', 'a.o', 'file 12', 'file+x 13'), 'size and exec bit of a.o changed'],
  [changed('stat', 'a.o', 'file 12', 'symlink'), 'a.o is now a symlink'],
  [changed('link', 'current', 'link:v1', 'link:v2'), 'current points elsewhere'],
  [changed('link', 'current', 'link:v1', 'special'), 'current is now a special file'],
  [changed('absent', '.env', 'absent', 'present'), '.env appeared'],
  [changed('exists', 'src', 'folder', 'absent'), 'src was removed'],
  [changed('exists', 'src', 'folder', 'file'), 'src is now a file'],
  [changed('content', 'a\u001b[2Jb\n', 'sha256:1', 'sha256:2'), 'ab changed'],
] as const satisfies readonly (readonly [Miss, string])[]) {
  test(`${JSON.stringify(miss)} reads "${sentence}"`, (t) => {
    t.is(missSentence(miss, 3), sentence);
  });
}

for (const [field, was, now, sentence] of [
  ['qemu', '7.2.22', '9.0.0', 'another machine: QEMU was 7.2.22, is 9.0.0'],
  ['accelerator', 'tcg', 'kvm', 'another machine: the accelerator was tcg, is kvm'],
  ['memoryMib', '512', '1024', 'another machine: memory was 512 MiB, is 1024 MiB'],
  ['kernel', 'a0b1', 'c2d3', 'another machine: the kernel is another one'],
  ['of a later version', '', '1', 'another machine: it changed'],
  ['qemu', 'a\u001b[2Jb', 'c', 'another machine: QEMU was ab, is c'],
] as const) {
  test(`${field} of the machine that is ${JSON.stringify(now)} instead of ${JSON.stringify(was)} reads "${sentence}"`, (t) => {
    const machine = { field, was, now };
    for (const step of [1, 2]) t.is(missSentence({ reason: 'instruction', machine }, step), sentence);
  });
}

test('every field of a machine’s identity has words of its own', (t) => {
  for (const field of IDENTITY_FIELDS)
    t.not(
      missSentence({ reason: 'instruction', machine: { field, was: 'a', now: 'b' } }, 1),
      'another machine: it changed',
    );
});

test('what the first step stands on is the machine', (t) => {
  t.is(missSentence({ reason: 'instruction' }, 1), 'the machine or its image changed');
});

test('a step that is keyed by values may run again because of them', (t) => {
  for (const instruction of ['BUILD ENV A', 'SECRET ENV A', 'SKIP REMAINING IF A=b'])
    t.is(missSentence({ reason: 'instruction' }, 3, instruction), 'a value or a step above changed');
  t.is(missSentence({ reason: 'instruction' }, 3, 'ENV A=b'), 'a step above changed');
});
