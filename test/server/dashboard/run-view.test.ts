import test from 'ava';

import { partProgress, partSpan, partState } from '../../../server/dashboard/model/part-state.ts';
import { runGraph } from '../../../server/dashboard/model/run-graph.ts';
import { RunView } from '../../../server/dashboard/model/run-view.ts';
import { axisTicks, tracksOf } from '../../../server/dashboard/model/timeline.ts';
import { stepRemark } from '../../../server/dashboard/words/step-remark.ts';
import type { RecordedEvent } from '../../../server/api/schemas/index.ts';
import { EDITED, FAILING, FIRST } from '../fixture/monorepo-runs.ts';
import { writtenRun } from '../fixture/written-run.ts';

function viewOf(lines: readonly RecordedEvent[]): RunView {
  const view = new RunView();
  for (const line of lines) view.take(line);
  return view;
}

test('a Layerfile with SPLIT is a trunk and its copies; who needs it needs all copies', (t) => {
  const { nodes, edges } = runGraph(viewOf(writtenRun(FIRST)));
  t.deepEqual(
    nodes.map(({ label }) => label).filter((label) => label.startsWith('e2e')),
    ['e2e', 'e2e copy 0', 'e2e copy 1', 'e2e copy 2'],
  );
  const into = edges.filter(({ to }) => to === 'deploy/Layerfile').map(({ kind, from }) => `${kind} ${from}`);
  t.deepEqual(into.slice(0, 1), ['FROM base/Layerfile']);
  t.deepEqual(into.slice(-3), ['WAIT e2e/Layerfile#0', 'WAIT e2e/Layerfile#1', 'WAIT e2e/Layerfile#2']);
  t.is(edges.filter(({ kind }) => kind === 'SPLIT').length, 3);
});

test('parts stand as their steps do', (t) => {
  const view = viewOf(writtenRun(FAILING));
  const stateOf = (layerfile: string, copy: number | null): string => {
    const part = view.part(layerfile, copy);
    return part === undefined ? 'none' : partState(part);
  };
  t.is(stateOf('base/Layerfile', null), 'restored');
  t.is(stateOf('services/web/Layerfile', null), 'ran');
  t.is(stateOf('e2e/Layerfile', 1), 'failed');
  t.is(stateOf('e2e/Layerfile', 2), 'cancelled');
  t.is(stateOf('deploy/Layerfile', null), 'skipped');
  t.is(partState(viewOf(writtenRun(FIRST)).part('deploy/Layerfile', null)!), 'waiting');
});

test('while a run goes on, steps wait, run and are counted', (t) => {
  const lines = writtenRun(EDITED);
  const upTo = lines.findIndex((line) => line.event === 'output');
  const part = viewOf(lines.slice(0, upTo)).part('services/catalog/Layerfile', null)!;
  t.is(partState(part), 'running');
  t.is(partProgress(part), '4 of 8');
  t.deepEqual(part.steps.map(({ state }) => state).slice(-4), ['running', 'pending', 'pending', 'pending']);
  t.is(partSpan(part)?.endMs, null);
});

test('what a killed run left under way is shown as cancelled when the run has ended', (t) => {
  const lines = writtenRun(EDITED);
  const upTo = lines.findIndex((line) => line.event === 'output');
  const view = viewOf([...lines.slice(0, upTo), { atMs: 9999, event: 'end', state: 'interrupted', reason: null }]);
  const part = view.part('services/catalog/Layerfile', null)!;
  t.is(partState(part), 'cancelled');
  t.is(view.ended?.state, 'interrupted');
});

test('steps say how they ended and why', (t) => {
  const view = viewOf(writtenRun(FAILING));
  const remark = (layerfile: string, copy: number | null, step: number): string =>
    stepRemark(view.part(layerfile, copy)!.step(step)!);
  t.is(remark('base/Layerfile', null, 4), 'restored, saved 2.4 s');
  t.is(remark('services/web/Layerfile', null, 5), 'ran, because services/web/page.html changed');
  t.is(remark('e2e/Layerfile', 1, 6), 'failed, exit code 1');
});

test('the timeline has a bar for each step that ran, and open ones reach until now', (t) => {
  const lines = writtenRun(EDITED);
  const upTo = lines.findIndex((line) => line.event === 'output');
  const tracks = tracksOf(viewOf(lines.slice(0, upTo)), 5000);
  const bars = tracks.find(({ key }) => key === 'services/catalog/Layerfile')?.bars ?? [];
  t.is(bars.at(-1)?.endMs, 5000);
  t.deepEqual(tracks.find(({ key }) => key === 'base/Layerfile')?.bars, []);
  t.deepEqual(axisTicks(10_000, 5), [0, 2000, 4000, 6000, 8000]);
  t.true(axisTicks(90_000_000, 7).length <= 7);
});
