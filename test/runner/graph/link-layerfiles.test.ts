import test from 'ava';
import fc from 'fast-check';

import { type Layerfile, parseLayerfile } from '../../../grammar/index.ts';
import type { GraphNode } from '../../../runner/graph/graph-node.ts';
import { linkLayerfiles, type LinkedLayerfiles } from '../../../runner/graph/link-layerfiles.ts';

type Files = Readonly<Record<string, string>>;

/** Links the Layerfiles in `asked` folders; `files` has the text of each by its folder ('' is the root). */
async function link(files: Files, asked: readonly string[] = Object.keys(files)): Promise<LinkedLayerfiles> {
  const pathOf = (folder: string): string => (folder === '' ? 'Layerfile' : `${folder}/Layerfile`);
  const parsed = new Map<string, Layerfile>();
  for (const [folder, text] of Object.entries(files)) {
    const { layerfile, diagnostics } = await parseLayerfile(text, pathOf(folder));
    if (diagnostics.some(({ severity }) => severity === 'error')) throw new Error(`${folder}: ${text}`);
    parsed.set(pathOf(folder), layerfile);
  }
  const find = (path: string): Layerfile | null => parsed.get(path) ?? parsed.get(pathOf(path)) ?? null;
  return linkLayerfiles(
    asked.map((folder) => find(folder)!),
    find,
  );
}

function graphOf(linked: LinkedLayerfiles): readonly GraphNode[] {
  if (linked.kind === 'graph') return linked.nodes;
  throw new Error(linked.diagnostics.map(({ message }) => message).join('\n'));
}

function findingsOf(
  linked: LinkedLayerfiles,
): readonly (readonly [code: string, path: string, line: number, text: string])[] {
  if (linked.kind === 'graph') return [];
  return linked.diagnostics.map(({ code, path, range, message }) => [code, path, range.start.line, message]);
}

const BASE = 'FROM vm/debian:12\nRUN true\n';

test('parents and what is waited for come before those that need them, whatever they were asked for in', async (t) => {
  const files = {
    deploy: 'FROM vm/debian:12\nWAIT ../api /web\nRUN true\n',
    web: 'FROM ../base\nRUN true\n',
    api: 'FROM /base/Layerfile\nRUN true\n',
    base: BASE,
  };
  const nodes = graphOf(await link(files));
  t.deepEqual(
    nodes.map(({ layerfile }) => layerfile.path),
    ['base/Layerfile', 'api/Layerfile', 'web/Layerfile', 'deploy/Layerfile'],
  );
  const deploy = nodes.at(-1)!;
  t.deepEqual(
    deploy.edges.map(({ kind, to, range }) => [kind, to, range.start.line, range.start.column]),
    [
      ['WAIT', 'api/Layerfile', 2, 6],
      ['WAIT', 'web/Layerfile', 2, 13],
    ],
  );
});

test('what was not asked for is there where something needs it, and only then', async (t) => {
  const files = { base: BASE, api: 'FROM ../base\nRUN true\n', web: 'FROM ../base\nRUN true\n' };
  const nodes = graphOf(await link(files, ['api']));
  t.deepEqual(
    nodes.map(({ name, asked }) => [name, asked]),
    [
      ['base', false],
      ['api', true],
    ],
  );
});

test('names are labels, else the last two folders', async (t) => {
  const files = { '': BASE, 'a/b/c': BASE, d: 'FROM vm/debian:12\nLABEL display_name=shop\nRUN true\n' };
  t.deepEqual(
    graphOf(await link(files)).map(({ name }) => name),
    ['main-layerfile', 'b-c', 'shop'],
  );
});

test('a FROM or WAIT that leads nowhere is told where it stands, all of them at once', async (t) => {
  const linked = await link({ a: 'FROM ../gone\nWAIT ../b ../lost\nRUN true\n', b: BASE });
  t.deepEqual(findingsOf(linked), [
    ['layerfile-missing', 'a/Layerfile', 1, 'FROM ../gone leads to no Layerfile of this workspace'],
    ['layerfile-missing', 'a/Layerfile', 2, 'WAIT ../lost leads to no Layerfile of this workspace'],
  ]);
});

test('a cycle is told with all its places, once', async (t) => {
  const linked = await link({
    a: 'FROM ../b\nRUN true\n',
    b: 'FROM ../c\nRUN true\n',
    c: 'FROM vm/debian:12\nWAIT ../a\nRUN true\n',
    d: 'FROM ../a\nRUN true\n',
  });
  t.deepEqual(findingsOf(linked), [
    [
      'graph-cycle',
      'a/Layerfile',
      1,
      'these Layerfiles need each other, so none can be first: a/Layerfile -> b/Layerfile -> c/Layerfile -> a/Layerfile',
    ],
  ]);
  const related = linked.kind === 'invalid' ? linked.diagnostics[0]?.related : undefined;
  t.deepEqual(
    related?.map(({ path, range }) => [path, range.start.line]),
    [
      ['b/Layerfile', 1],
      ['c/Layerfile', 2],
    ],
  );
});

test('two Layerfiles of one name are told with both places', async (t) => {
  const linked = await link({ 'x/app': BASE, y: 'FROM vm/debian:12\nLABEL display_name=x-app\nRUN true\n' });
  t.deepEqual(findingsOf(linked), [['name-duplicate', 'y/Layerfile', 2, 'two Layerfiles are called x-app']]);
});

test('a child that wants more memory than its machine has is told where to ask for it', async (t) => {
  const files = { base: 'FROM vm/debian:12\nMEMORY 2G\nRUN true\n', mid: 'FROM ../base\nRUN true\n' };
  const wants = (memory: string): Files => ({ ...files, leaf: `FROM ../mid\nMEMORY ${memory}\nRUN true\n` });
  t.deepEqual(findingsOf(await link(wants('2G'))), []);
  t.deepEqual(findingsOf(await link(wants('3G'))), [
    [
      'memory-over-parent',
      'leaf/Layerfile',
      2,
      'MEMORY asks for 3072 MiB, but this goes on in a machine with 2048 MiB',
    ],
  ]);
});

test('any graph without cycles is put in an order in which nothing comes before what it needs', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 }), async (needs) => {
      // Each may need only those with a smaller number: no cycle is possible.
      const files = Object.fromEntries(
        needs.map((wanted, index) => {
          const waits = [...new Set(wanted.filter((each) => each < index))].map((each) => `/f${each}`);
          return [`f${index}`, `FROM vm/debian:12\n${waits.length > 0 ? `WAIT ${waits.join(' ')}\n` : ''}RUN true\n`];
        }),
      );
      const nodes = graphOf(await link(files, Object.keys(files).reverse()));
      const before = new Set<string>();
      for (const { layerfile, edges } of nodes) {
        t.true(edges.every(({ to }) => before.has(to)));
        before.add(layerfile.path);
      }
      t.is(before.size, needs.length);
    }),
    { numRuns: 50 },
  );
});
