import test from 'ava';

import type { SnapshotId } from '../../snapshots/index.ts';
import { chain, digestFrom, observation, publish, scratchStore } from './scratch.ts';

const history = (step: number) => ({ workspace: '/w', layerfile: 'Layerfile', step: String(step) });

test('an empty store has nothing, and says that every step is new', (t) => {
  const store = scratchStore(t);
  const found = store.findDeepest({ steps: chain('FROM vm/debian:12', 'RUN a'), digest: digestFrom({}) });
  t.like(found, { hit: null, misses: [{ reason: 'new' }, { reason: 'new' }] });
});

test('the deepest snapshot whose whole lineage holds is restored', async (t) => {
  const store = scratchStore(t);
  const one = await publish(store, { label: 'RUN a', observations: [observation('content a', '1')] });
  const two = await publish(store, {
    label: 'RUN b',
    parent: one.id,
    dependsOn: [one.id],
    observations: [observation('content b', '1')],
    history: history(2),
  });
  const steps = chain('RUN a', 'RUN b', 'RUN c');
  const both = store.findDeepest({ steps, digest: digestFrom({ 'content a': '1', 'content b': '1' }) });
  t.like(both.hit, { snapshot: two, restoredSteps: 2, lineage: [one.id, two.id] });
  t.deepEqual(both.misses, [{ reason: 'new' }]);
  const onlyFirst = store.findDeepest({ steps, digest: digestFrom({ 'content a': '1', 'content b': '2' }) });
  t.is(onlyFirst.hit?.snapshot.id, one.id);
  t.deepEqual(onlyFirst.misses, [
    { reason: 'changed', kind: 'content', path: 'b', was: '1', now: '2' },
    { reason: 'new' },
  ] as never);
  const none = store.findDeepest({ steps, digest: digestFrom({ 'content a': '2', 'content b': '1' }) });
  t.is(none.hit, null);
});

test('a file that appears under a name looked for and not found is a change', async (t) => {
  const store = scratchStore(t);
  await publish(store, { observations: [observation('absent config', 'absent')] });
  const steps = chain('RUN x');
  t.is(store.findDeepest({ steps, digest: digestFrom({}) }).misses.length, 0);
  const appeared = store.findDeepest({ steps, digest: digestFrom({ 'absent config': 'present' }) });
  t.deepEqual(appeared.misses, [
    { reason: 'changed', kind: 'absent', path: 'config', was: 'absent', now: 'present' },
  ] as never);
});

test('another instruction is told from a new step, with what it was', async (t) => {
  const store = scratchStore(t);
  await publish(store, { label: 'RUN old' });
  t.deepEqual(store.findDeepest({ steps: chain('RUN young'), digest: digestFrom({}) }).misses, [
    { reason: 'instruction', was: 'RUN old' },
  ]);
  const [step] = chain('RUN old');
  const otherMachine = [{ ...step!, fields: { instruction: 'RUN old', machine: 'other' } }];
  t.deepEqual(store.findDeepest({ steps: otherMachine, digest: digestFrom({}) }).misses, [{ reason: 'instruction' }]);
});

test('the change that is named is that of the candidate that differs least', async (t) => {
  const store = scratchStore(t);
  const observed = (a: string, b: string, c: string) => ({
    observations: [observation('content a', a), observation('content b', b), observation('content c', c)],
  });
  await publish(store, observed('1', '1', '1'));
  await publish(store, observed('2', '2', '3'));
  const digest = digestFrom({ 'content a': '1', 'content b': '1', 'content c': '3' });
  t.deepEqual(store.findDeepest({ steps: chain('RUN x'), digest }).misses, [
    { reason: 'changed', kind: 'content', path: 'c', was: '1', now: '3' },
  ] as never);
});

test('of several snapshots that hold the one with the deepest chain is taken, then the newest', async (t) => {
  const store = scratchStore(t);
  const old = await publish(store, { label: 'RUN a' });
  const deep = await publish(store, { label: 'RUN b', parent: old.id, history: history(2) });
  const young = await publish(store, { label: 'RUN a' });
  const find = (...labels: string[]) => store.findDeepest({ steps: chain(...labels), digest: digestFrom({}) }).hit;
  t.is(find('RUN a')?.snapshot.id, young.id);
  t.is(find('RUN a', 'RUN b')?.snapshot.id, deep.id);
  const younger = await publish(store, { label: 'RUN b', parent: young.id, history: history(2) });
  t.is(find('RUN a', 'RUN b')?.snapshot.id, younger.id);
});

test('where all steps are restored, no path set is digested that only older snapshots have', async (t) => {
  const store = scratchStore(t);
  await publish(store, { observations: [observation('content old', '1')] });
  const newer = await publish(store, { observations: [observation('content new', '1')] });
  const asked: string[] = [];
  const digest = ({ path }: { readonly path: string }): string => (asked.push(path), '1');
  t.is(store.findDeepest({ steps: chain('RUN x'), digest }).hit?.snapshot.id, newer.id);
  t.deepEqual(asked, ['new']);
});

test('a path set is as new as the newest snapshot below it', async (t) => {
  const store = scratchStore(t);
  const old = await publish(store, { label: 'RUN a', observations: [observation('content old', '1')] });
  const young = await publish(store, { label: 'RUN a', observations: [observation('content new', '1')] });
  await publish(store, { label: 'RUN b', parent: young.id, history: history(2) });
  const newest = await publish(store, { label: 'RUN b', parent: old.id, history: history(2) });
  const asked: string[] = [];
  const digest = ({ path }: { readonly path: string }): string => (asked.push(path), '1');
  t.is(store.findDeepest({ steps: chain('RUN a', 'RUN b'), digest }).hit?.snapshot.id, newest.id);
  t.deepEqual(asked, ['old']);
});

test('a forced step and those after it are not restored', async (t) => {
  const store = scratchStore(t);
  const one = await publish(store, { label: 'RUN a' });
  await publish(store, { label: 'RUN b', parent: one.id, history: history(2) });
  const [first, second] = chain('RUN a', 'RUN b');
  const found = store.findDeepest({ steps: [first!, { ...second!, forced: true }], digest: digestFrom({}) });
  t.is(found.hit?.snapshot.id, one.id);
  t.deepEqual(found.misses, [{ reason: 'forced' }]);
  const all = store.findDeepest({ steps: [{ ...first!, forced: true }, second!], digest: digestFrom({}) });
  t.like(all, { hit: null, misses: [{ reason: 'forced' }, { reason: 'instruction' }] });
});

test('a removed snapshot that would hold is told as evicted, and still carries the key of its child', async (t) => {
  const store = scratchStore(t);
  const one = await publish(store, { label: 'RUN a', observations: [observation('content a', '1')] });
  const two = await publish(store, { label: 'RUN b', parent: one.id, history: history(2) });
  store.remove([one.id]);
  const digest = digestFrom({ 'content a': '1' });
  t.like(store.findDeepest({ steps: chain('RUN a'), digest }), { hit: null, misses: [{ reason: 'evicted' }] });
  const both = store.findDeepest({ steps: chain('RUN a', 'RUN b'), digest });
  t.is(both.hit?.snapshot.id, two.id);
  t.deepEqual(both.hit?.lineage, [null, two.id]);
  t.is(store.findDeepest({ steps: chain('RUN a', 'RUN b'), digest: digestFrom({}) }).hit, null);
});

test('a step without a snapshot of its own is part of the key of the next one', async (t) => {
  const store = scratchStore(t);
  const steps = [{ instruction: 'RUN a' }, { instruction: 'RUN b' }];
  const two = await publish(store, { label: 'RUN b', steps, history: history(2) });
  const found = store.findDeepest({ steps: chain('RUN a', 'RUN b', 'RUN c'), digest: digestFrom({}) });
  t.like(found.hit, { restoredSteps: 2, lineage: [null, two.id] });
  t.is(store.findDeepest({ steps: chain('RUN z', 'RUN b'), digest: digestFrom({}) }).hit, null);
  t.is(store.findDeepest({ steps: chain('RUN a'), digest: digestFrom({}) }).hit, null);
});

test('a lineage continues from the snapshot given', async (t) => {
  const store = scratchStore(t);
  const base = await publish(store, { label: 'RUN base' });
  const child = await publish(store, { label: 'RUN a', parent: base.id });
  const find = (from: SnapshotId | null) => store.findDeepest({ steps: chain('RUN a'), from, digest: digestFrom({}) });
  t.is(find(base.id).hit?.snapshot.id, child.id);
  t.is(find(null).hit, null);
});

test('a run that could not be saved is remembered, with the paths that changed', async (t) => {
  const store = scratchStore(t);
  const steps = [{ instruction: 'RUN x' }];
  store.noteUnpublishable({ parent: null, steps, label: 'RUN x', history: history(1), paths: ['src/a'] });
  const find = () => store.findDeepest({ steps: chain('RUN x'), digest: digestFrom({}) });
  t.deepEqual(find().misses, [{ reason: 'unpublishable', paths: ['src/a'] }]);
  const saved = await publish(store);
  t.is(find().hit?.snapshot.id, saved.id);
});

test('each observation is digested once in a walk, however many snapshots share it', async (t) => {
  const store = scratchStore(t);
  const asked: string[] = [];
  for (const digest of ['1', '2', '3']) await publish(store, { observations: [observation('content a', digest)] });
  const one = await publish(store, {
    label: 'RUN b',
    observations: [observation('content a', '4'), observation('stat a', '4')],
  });
  store.findDeepest({
    steps: chain('RUN x', 'RUN b'),
    digest: ({ kind }) => (asked.push(kind), '9'),
  });
  store.findDeepest({
    steps: chain('RUN b'),
    digest: ({ kind }) => (asked.push(kind), '4'),
  });
  t.deepEqual(asked, ['content', 'content', 'stat']);
  t.truthy(one);
});

test('what the digest function throws reaches the caller as it is, and the store stays usable', async (t) => {
  const store = scratchStore(t);
  await publish(store, { observations: [observation('content a', '1')] });
  const failure = Object.assign(new Error('no'), { code: 'EACCES', errcode: 11 });
  const digest = () => {
    throw failure;
  };
  t.is(
    t.throws(() => store.findDeepest({ steps: chain('RUN x'), digest })),
    failure,
  );
  t.is(store.findDeepest({ steps: chain('RUN x'), digest: digestFrom({ 'content a': '1' }) }).misses.length, 0);
});
