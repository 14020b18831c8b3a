import test from 'ava';

import { parseWorkspacePath, type WorkspacePath } from '../../../fs-tracer/index.ts';
import { mountPoint } from '../../../runner/clone/mount-point.ts';
import { readRepositoryUrl, type RepositoryUrl } from '../../../runner/repository-url.ts';

function repository(url: string): RepositoryUrl {
  const read = readRepositoryUrl(url);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

const NONE: ReadonlySet<WorkspacePath> = new Set();

test('a mount point says which repository it is', (t) => {
  t.is<string, string>(mountPoint(repository('https://github.com/o/n.git'), '1', NONE), 'clone:github.com/o:n');
  t.is<string, string>(mountPoint(repository('/srv/n'), '1', NONE), 'clone:/srv:n');
});

test('a mount point that is taken is told apart by a hash, always the same', (t) => {
  const taken = new Set([mountPoint(repository('https://h/o/n'), 'web', NONE)]);
  const first = mountPoint(repository('git@h:o/n'), 'ssh', taken);
  t.regex(first, /^clone:h\/o:n~[0-9a-f]{16}$/);
  t.is(mountPoint(repository('git@h:o/n'), 'ssh', taken), first);
  t.not(mountPoint(repository('git@h:o/n'), 'other', taken), first);
});

for (const url of [
  'https://h/',
  `https://h/${'long/'.repeat(200)}`,
  `https://${'h'.repeat(300)}/x`,
  '/a[b]*?\\c',
  '/ü/é',
]) {
  test(`${url.slice(0, 20)} has a mount point of two components that no pattern matches`, (t) => {
    const point = mountPoint(repository(url), '1', NONE);
    t.not(parseWorkspacePath(point), null);
    t.is(point.split('/').length, 2);
    t.notRegex(point, /[*?[\]\\]/);
  });
}
