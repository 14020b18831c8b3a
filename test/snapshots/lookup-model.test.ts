import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import type { Observation, ReadSet } from '../../fs-tracer/index.ts';
import { CacheIndex } from '../../snapshots/cache-index.ts';
import { openSnapshotStore, type SnapshotId, type SnapshotStore } from '../../snapshots/index.ts';
import { manifestOf, revealSnapshot } from '../../snapshots/publish.ts';
import { encodeDigests, encodePathSet } from '../../snapshots/read-set-codec.ts';
import { newSnapshotId } from '../../snapshots/snapshot.ts';
import { chain, observedPath, publication } from './scratch.ts';

/**
 * Random runs of random chains over a workspace of three files, against a model that keeps a plain list of what was
 * published. A step named `ab` reads file a, and file b only if it saw an odd value in a: so one step has several path sets.
 */
const FILES = ['a', 'b', 'c'] as const;
type Files = Readonly<Record<string, number>>;

interface Run {
  readonly files: Files;
  readonly steps: readonly string[];
  /** Steps of this run that leave no snapshot (unless they are the last). */
  readonly unsaved: readonly number[];
  readonly forced: number | null;
  /** Which of the published ones is removed before this run, if any. */
  readonly removed: number | null;
}

/** Few values and mostly one chain, so that runs meet what earlier runs have left.. */
const CHAIN = ['ab', 'bc', 'ca', 'c'] as const;
const anySteps = fc
  .record({ length: fc.integer({ min: 1, max: 4 }), edited: fc.oneof(fc.constant(9), fc.constant(9), fc.nat(3)) })
  .map(({ length, edited }) => CHAIN.slice(0, length).map((step, position) => (position === edited ? 'ba' : step)));
const seldom = (value: fc.Arbitrary<number>) => fc.oneof(fc.constant(null), fc.constant(null), value);

const anyRun: fc.Arbitrary<Run> = fc.record({
  files: fc.record({ a: fc.nat(1), b: fc.nat(1), c: fc.nat(1) }),
  steps: anySteps,
  unsaved: fc.uniqueArray(fc.nat(3), { maxLength: 1 }),
  forced: seldom(fc.nat(3)),
  removed: seldom(fc.nat(9)),
});

/** What the model keeps of a published snapshot: everything, from the top. */
interface Published {
  readonly id: SnapshotId;
  readonly steps: readonly string[];
  readonly observed: ReadSet;
  readonly files: Files;
  live: boolean;
}

test('the walk finds a snapshot exactly when a naive model does, and its state is that of a run from scratch', (t) => {
  fc.assert(
    fc.property(fc.array(anyRun, { minLength: 2, maxLength: 8 }), (runs) => {
      const home = mkdtempSync(join(tmpdir(), 'layer-model-'));
      try {
        using store = openSnapshotStore({ home });
        using index = new CacheIndex({ path: join(home, 'index.sqlite'), fill: () => undefined, onWarning: t.log });
        const published: Published[] = [];
        for (const run of runs) perform(run, store, index, published);
      } finally {
        rmSync(home, { recursive: true });
      }
    }),
    { numRuns: 80 },
  );
  t.pass();
});

function perform(run: Run, store: SnapshotStore, index: CacheIndex, published: Published[]): void {
  const going = published[run.removed ?? Infinity];
  if (going !== undefined) {
    store.remove([going.id]);
    going.live = false;
  }
  const steps = chain(...run.steps).map((step, position) => ({ ...step, forced: position === run.forced }));
  const { hit, misses } = store.findDeepest({ steps, digest: ({ path }) => String(run.files[path]) });
  const expected = bestOf(run, published);
  assertEqual(hit?.snapshot.id ?? null, expected?.id ?? null);
  const restored = hit?.restoredSteps ?? 0;
  assertEqual(restored, expected?.steps.length ?? 0);
  assertEqual(misses.length, run.steps.length - restored);
  if (expected !== null) assertEqual(outcome(expected.steps, expected.files), outcome(expected.steps, run.files));
  runTheRest(run, hit?.snapshot.id ?? null, expected, index, published);
}

function bestOf(run: Run, published: readonly Published[]): Published | null {
  const allowed = run.steps.slice(0, run.forced ?? run.steps.length);
  const fitting = published.filter(
    ({ live, steps, observed }) =>
      live &&
      steps.length <= allowed.length &&
      steps.every((step, position) => step === allowed[position]) &&
      observed.every(({ path, digest }) => String(run.files[path]) === digest),
  );
  const deepest = Math.max(...fitting.map(({ steps }) => steps.length));
  return fitting.findLast(({ steps }) => steps.length === deepest) ?? null;
}

function runTheRest(
  run: Run,
  from: SnapshotId | null,
  start: Published | null,
  index: CacheIndex,
  published: Published[],
): void {
  let parent = from;
  let before = start?.steps.length ?? 0;
  let lineage = start?.observed ?? [];
  for (let upTo = before + 1; upTo <= run.steps.length; upTo += 1) {
    if (run.unsaved.includes(upTo - 1) && upTo < run.steps.length) continue;
    const steps = run.steps.slice(before, upTo);
    const observations = fresh(
      steps.flatMap((step) => reads(step, run.files)),
      lineage,
    );
    const id = newSnapshotId();
    const given = publication({ parent, steps: steps.map((instruction) => ({ instruction })), observations });
    const readSet = { pathSet: encodePathSet(observations), digests: encodeDigests(observations) };
    const manifest = manifestOf({ id, publication: given, readSet, files: [], nowMs: Date.now() });
    index.write('relaxed', (session) => revealSnapshot(session, { manifest, readSet }));
    lineage = [...lineage, ...observations];
    published.push({ id, steps: run.steps.slice(0, upTo), observed: lineage, files: run.files, live: true });
    [parent, before] = [id, upTo];
  }
}

/** What a step looks at: the content of its first file, and of its second one only where the first is odd. */
function reads(step: string, files: Files): Observation[] {
  const [first = '', second = ''] = step;
  const looked = (files[first] ?? 0) % 2 === 1 && second !== '' ? [first, second] : [first];
  return looked.map((file) => ({ ...observedPath(`content ${file}`), digest: String(files[file]) }));
}

/** The state that steps leave behind: everything they have read. */
function outcome(steps: readonly string[], files: Files): string {
  return JSON.stringify(steps.map((step) => reads(step, files)));
}

function fresh(observations: readonly Observation[], known: ReadSet): Observation[] {
  return FILES.flatMap((file) => {
    const found = observations.find(({ path }) => path === file);
    return found === undefined || known.some(({ path }) => path === file) ? [] : [found];
  });
}

function assertEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${String(actual)} instead of ${String(expected)}`);
}
