/** What is timed, as shell text run in the folder that holds the trees of trees.ts. */
export interface Workload {
  readonly name: string;
  readonly command: string;
  /** Files it touches, for "round trips a file"; null where that says nothing. */
  readonly files: 'small' | 'repository' | null;
}

const RANDOM_READS = 200;

/** 200 reads of 4 KiB all over the big file: a fixed sequence (multiplicative generator), so that every side reads the same. */
const READ_AT_RANDOM = [
  'open F, "<:unix", "big" or die; my ($blocks, $at) = (int((-s F) / 4096), 1);',
  `for (1..${RANDOM_READS}) { $at = $at * 48271 % 2147483647; sysseek F, $at % $blocks * 4096, 0; sysread F, $_, 4096 }`,
].join(' ');

/** tar knows /dev/null and then reads nothing, so it writes to /dev/zero, which takes everything as well. */
export const WORKLOADS: readonly Workload[] = [
  { name: 'find', command: 'find small -type f | wc -l', files: 'small' },
  { name: 'tar of small files', command: 'tar -cf /dev/zero small', files: 'small' },
  { name: 'one big file', command: 'cat big > /dev/null', files: null },
  { name: '200 random reads', command: `perl -e '${READ_AT_RANDOM}'`, files: null },
  {
    name: 'git status',
    command: 'cd repository && GIT_OPTIONAL_LOCKS=0 git --git-dir=store --work-tree=. status --short',
    files: 'repository',
  },
];
