import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CaseFolder } from './case-folder.ts';
import { holds, reruns, type TracingRow } from './tracing-case.ts';

const FILES = Array.from({ length: 24 }, (_, index) => `src/part-${index % 4}/file ${index}.txt`);
const FOLDERS = ['.', 'src', 'src/none', 'src/part-0', 'src/part-1', 'src/part-2', 'src/part-3'];

function makeTree(folder: CaseFolder): CaseFolder {
  for (const [index, path] of FILES.entries())
    folder.write(path, `${path}\n`.repeat(index * 40 + 1), index % 5 === 0 ? 0o755 : 0o644);
  folder.write('README', 'read me\n').write('empty').makeFolder('src/none');
  return folder.makeLink('src/link', '../README').makeLink('up', 'src');
}

/** The same wherever the same files are. */
const TAR =
  'LC_ALL=C tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=u=rwX,go=rX -cf - . | sha256sum';
const GIT = 'git -c user.name=t -c user.email=t@example.org -c gc.auto=0';
/** A tree's id is that of its contents, modes and names. */
const IN_BOTH = `${TAR}; find . | sort; find . -newer README
touch -d 2040-01-01 'src/part-0/file 4.txt'; find . -newer README
git init -q . 2>/dev/null; git add -A; git status --porcelain | wc -l; ${GIT} commit -qm one; git rev-parse 'HEAD^{tree}'
git status --porcelain; echo more >> README; rm empty; mv 'src/part-0/file 0.txt' moved; chmod +x 'src/part-1/file 1.txt'
git status --porcelain; git diff --stat; ${GIT} stash -q; git status --porcelain; git fsck --strict`;

/** Programs that look at everything. rsync is not in the image; where it is, it is tried as well. */
export function toolRow(): TracingRow {
  return {
    title: 'git status, tar, rsync and find -newer over all of a copy say what they say in a plain folder',
    cases: [
      {
        name: 'whole-copy',
        make: (folder) => void makeTree(folder),
        steps: [
          {
            run: `${TAR}; mkdir /root/plain /root/synced; tar -cf - . | tar -xpf - -C /root/plain
if command -v rsync >/dev/null; then rsync -a ./ /root/synced && diff -r --no-dereference . /root/synced; fi
cmp <(cd /root/plain; ${TAR}) <(${TAR}) && echo unpacked`,
            prints: `${tarSumHere()}unpacked\n`,
            observes: [
              ...FOLDERS.map((path) => `listing ${path}`),
              ...[...FILES, 'README'].map((path) => `content ${path}`),
              ...['link src/link', 'link up', 'stat empty'],
            ],
          },
          {
            run: `both() { cd "$1"; { ${IN_BOTH}; } 2>&1; }; both . > /root/of-copy; both /root/plain > /root/of-plain
diff /root/of-copy /root/of-plain && grep -c . /root/of-copy; grep -e '^ M' -e '^ D' -e '^??' /root/of-copy`,
            prints:
              /^\d+\n M README\n D empty\n D "src\/part-0\/file 0.txt"\n M "src\/part-1\/file 1.txt"\n\?\? moved\n\?\? moved\n$/,
            observes: [],
          },
        ],
        edits: [
          reruns('content README', 'one file of it is edited', (folder) => folder.write('README', 'me read\n')),
          reruns('listing src/none', 'an empty folder gains a file', (folder) => folder.write('src/none/one')),
          holds('.git appears, which no copy shows', (folder) => folder.write('.git/HEAD')),
        ],
      },
    ],
  };
}

/** What tar gives of the same files on this host. */
function tarSumHere(): string {
  const root = mkdtempSync(join(tmpdir(), 'layer-test-'));
  try {
    const { root: cwd } = makeTree(new CaseFolder(join(root, 'tree')));
    return execFileSync('bash', ['--norc', '-c', TAR], { cwd, encoding: 'utf8' });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
