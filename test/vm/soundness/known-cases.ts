import type { Trial } from './batch.ts';
import type { Edit } from './edit.ts';
import type { Program } from './operation.ts';
import { STEPS } from './soundness-case.ts';
import type { Thing } from './tree.ts';

/** What the fuzzer found once, made small. Its seeds would give other cases as soon as it makes up others. */
interface KnownCase {
  readonly found: string;
  readonly tree: Readonly<Record<string, Thing>>;
  readonly programs: readonly Program[];
  readonly edits: readonly Edit[];
}

const plain: Thing = { type: 'file', bytes: Buffer.from('text'), executable: false };
const empty: Thing = { type: 'file', bytes: Buffer.alloc(0), executable: false };

const LONG_PATH = `a/${'L'.repeat(250)}`;

const KNOWN_CASES: readonly KnownCase[] = [
  {
    found: 'overlayfs refused to execute by the mode of a look-up, and nothing was observed',
    tree: { tool: plain },
    programs: [[['execute', 'tool']], [['may-execute', 'tool']]],
    edits: [{ verb: 'flip-executable', path: 'tool' }],
  },
  {
    found: 'the same after a listing, which makes look-ups unnecessary',
    tree: { tool: plain },
    programs: [[['list', '.']], [['execute', 'tool']]],
    edits: [{ verb: 'flip-executable', path: 'tool' }],
  },
  {
    found: 'copy_file_range ended where overlayfs remembered the end of an empty file',
    tree: { file: empty },
    programs: [[['list', 'file/below']], [['copy', 'file', 'copied']]],
    edits: [{ verb: 'append', path: 'file' }],
  },
  {
    found: 'the same the other way round',
    tree: { file: plain },
    programs: [[['list', 'file/below']], [['copy', 'file', 'copied']]],
    edits: [{ verb: 'empty', path: 'file' }],
  },
  {
    found:
      'a walk over a link that leads upwards comes back into the tree, which the model of what may be asked did not know',
    tree: { up: { type: 'symlink', target: '..' }, file: plain },
    programs: [[['read', 'file']], [['walk', 'up/']]],
    edits: [{ verb: 'append', path: 'file' }],
  },
  {
    found:
      'a folder of the workspace with a long path cannot be moved to another folder, which the model did not know either',
    tree: { a: { type: 'folder' }, [LONG_PATH]: { type: 'folder' }, [`${LONG_PATH}/file`]: plain },
    programs: [[['rename', LONG_PATH, 'moved']], [['read', `${LONG_PATH}/file`]]],
    edits: [{ verb: 'append', path: `${LONG_PATH}/file` }],
  },
  {
    found: 'what a link with a slash behind it leads to is not removed through it, which the model took for done',
    tree: { link: { type: 'symlink', target: 'file' }, file: plain },
    programs: [[['remove-all', 'link/']], [['read', 'file']]],
    edits: [{ verb: 'append', path: 'file' }],
  },
];

/** One for each number of steps that are restored: each step reads a file, and the edit is of one of those, or of another. */
const PLAIN_CASES: readonly KnownCase[] = Array.from({ length: STEPS + 1 }, (_, restored) => ({
  found: `nothing: ${restored} steps are restored`,
  tree: Object.fromEntries(Array.from({ length: STEPS + 1 }, (_, step) => [`file${step}`, plain])),
  programs: Array.from({ length: STEPS }, (_, step): Program => [['read', `file${step}`]]),
  edits: [{ verb: 'append', path: `file${restored}` }],
}));

/** All these as a batch; `seed` is the place in the table, below 0. */
export function knownTrials(): readonly Trial[] {
  return [...KNOWN_CASES, ...PLAIN_CASES].map(({ tree, programs, edits }, index) => {
    const padded = Array.from({ length: STEPS }, (_, step) => programs[step] ?? []);
    const things = new Map<string, Thing>([['', { type: 'folder' }], ...Object.entries(tree)]);
    return { subject: { seed: -1 - index, tree: things, programs: padded }, edits: new Map([[0, edits]]) };
  });
}
