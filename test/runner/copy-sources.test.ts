import test from 'ava';

import type { ObservedPath } from '../../fs-tracer/index.ts';
import type { Word } from '../../grammar/index.ts';
import { patternOf, type ResolvedSources, resolveSources } from '../../runner/copy-sources.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

const WORKSPACE = MemoryWorkspace.of({
  'app/package.json': '{}',
  'app/package-lock.json': '{}',
  'app/src/main.js': '',
  'app/src/main.test.js': '',
  'app/src/a*b': '',
  'shared/rules.txt': '',
}).makeLink('app/current', 'src');

interface Resolved extends ResolvedSources {
  readonly paths: readonly string[];
  /** `KIND PATH` of each look, in order. */
  readonly looks: readonly string[];
}

function resolve(...sources: readonly string[]): Resolved {
  const looks: ObservedPath[] = [];
  const words = sources.map((text) => ({ text }) as Word);
  const resolved = resolveSources('app/Layerfile', words, WORKSPACE, (observed) => looks.push(observed));
  const paths = resolved.sources.map(({ path }) => path);
  return { ...resolved, paths, looks: looks.map(({ kind, path }) => `${kind} ${path}`) };
}

test("`.` is the Layerfile's folder, and nothing in it is looked at", (t) => {
  const { sources, looks } = resolve('.');
  t.deepEqual(sources as unknown, [{ path: 'app', type: 'folder' }]);
  t.deepEqual(looks, ['exists app']);
});

test('a leading slash starts at the root of the workspace', (t) => {
  t.deepEqual(resolve('/shared/rules.txt').paths, ['shared/rules.txt']);
  t.deepEqual(resolve('/').paths, ['']);
});

test('`..` may go up as long as it stays in the workspace', (t) => {
  t.deepEqual(resolve('../shared').paths, ['shared']);
});

test('a source that is not there is missing, and that it is not there is observed', (t) => {
  const { missing, looks } = resolve('package.json', '.env');
  t.deepEqual(
    missing.map(({ text }) => text),
    ['.env'],
  );
  t.deepEqual(looks, ['exists app/package.json', 'absent app/.env']);
});

test('a pattern lists its folder and names what it found there', (t) => {
  const { paths, looks } = resolve('package*.json');
  t.deepEqual(paths, ['app/package-lock.json', 'app/package.json']);
  t.deepEqual(looks, ['listing app', 'exists app/package-lock.json', 'exists app/package.json']);
});

test('a pattern that matches nothing is missing, and depends on the listing', (t) => {
  const { missing, looks } = resolve('*.toml');
  t.is(missing.length, 1);
  t.deepEqual(looks, ['listing app']);
});

test('a pattern in a folder that is not there observes that', (t) => {
  t.deepEqual(resolve('lib/*.js').looks, ['absent app/lib']);
});

test('a symlink is a source of its own and is not followed', (t) => {
  t.is(resolve('current').sources[0]?.type, 'symlink');
});

test('patterns in the middle of a path match each folder', (t) => {
  t.deepEqual(resolve('s*/main.js').paths, ['app/src/main.js']);
});

test('an escaped wildcard is the character itself', (t) => {
  t.deepEqual(resolve('src/a\\*b').paths, ['app/src/a*b']);
});

for (const [glob, matching, other] of [
  ['*.js', ['a.js', '.js'], ['a.jsx', 'ajs']],
  ['?', ['a', 'ü', '.'], ['', 'ab']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
  ['[^a-c]x', ['dx', '^x'], ['ax']],
  ['a.b+(c)', ['a.b+(c)'], ['axb+(c)', 'a.bb(c)']],
  ['\\[a]', ['[a]'], ['a']],
  ['[', ['['], ['a']],
] as const) {
  test(`the pattern ${glob} matches as in Dockerfiles`, (t) => {
    const pattern = patternOf(glob);
    for (const name of matching) t.regex(name, pattern);
    for (const name of other) t.notRegex(name, pattern);
  });
}
