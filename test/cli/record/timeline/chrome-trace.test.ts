import test, { type ExecutionContext } from 'ava';

import type { RunRecord } from '../../../../cli/record/run-record.ts';
import { chromeTrace, traceText } from '../../../../cli/record/timeline/chrome-trace.ts';
import type { Slice, TraceEvent } from '../../../../cli/record/timeline/trace-event.ts';
import { FAILING_BUILD } from '../../build-script.ts';
import { generated, monorepo, ScriptedRun } from '../scripted-run.ts';

type Fields = Readonly<Record<string, unknown>>;

function eventsOf(record: RunRecord): readonly TraceEvent[] {
  return chromeTrace(record, '0.1.0').traceEvents;
}

type FlowPoint = Extract<TraceEvent, { readonly id: number }>;

function flowsOf(events: readonly TraceEvent[]): readonly FlowPoint[] {
  return events.filter((event) => 'id' in event);
}

/** What the format asks of the events of each phase. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  X: { name: 'string', cat: 'string', ts: 'number', dur: 'number', args: 'object' },
  i: { name: 'string', cat: 'string', ts: 'number', s: 'string', args: 'object' },
  s: { name: 'string', cat: 'string', ts: 'number', id: 'number' },
  f: { name: 'string', cat: 'string', ts: 'number', id: 'number', bp: 'string' },
  C: { name: 'string', ts: 'number', args: 'object' },
  M: { name: 'string', args: 'object' },
};

function checkFields(t: ExecutionContext, event: Fields): void {
  const wanted = FIELDS[String(event['ph'])];
  t.truthy(wanted, JSON.stringify(event));
  for (const [name, type] of Object.entries({ ...wanted, pid: 'number', tid: 'number' }))
    t.is<string, string>(typeof event[name], type, `${name} of ${JSON.stringify(event)}`);
  for (const name of ['ts', 'dur', 'pid', 'tid', 'id'])
    t.true(
      event[name] === undefined || (Number.isInteger(event[name]) && Number(event[name]) >= 0),
      `${name} of ${JSON.stringify(event)}`,
    );
}

test('every event has the fields that the format asks for, and the file is JSON', (t) => {
  for (const record of [monorepo(), generated(200), new ScriptedRun().at(3, ...FAILING_BUILD).finish()]) {
    const file = JSON.parse(traceText(chromeTrace(record, '0.1.0'))) as Fields;
    t.is(file['displayTimeUnit'], 'ms');
    for (const event of file['traceEvents'] as readonly Fields[]) checkFields(t, event);
  }
});

test('each part is a process with a name, and threads that no other process has', (t) => {
  const events = eventsOf(monorepo());
  const names = events.flatMap((event) =>
    event.ph === 'M' && event.name === 'process_name' && 'name' in event.args ? [event.args.name] : [],
  );
  t.deepEqual(names, ['layer run', 'base', 'web', 'api', 'api copy 0', 'api copy 1', 'deploy', 'docs']);
  const owners = new Map<number, number>();
  for (const { pid, tid } of events) t.is(owners.get(tid) ?? pid, (owners.set(tid, pid), pid));
});

test('the slices of a thread nest: they are apart, or one is in the other', (t) => {
  for (const record of [monorepo(), generated(200)]) {
    const slices = eventsOf(record).filter((event) => event.ph === 'X');
    for (const ofThread of Map.groupBy(slices, ({ tid }) => tid).values()) checkNesting(t, ofThread);
  }
});

function checkNesting(t: ExecutionContext, slices: readonly Slice[]): void {
  const open: Slice[] = [];
  for (const slice of slices.toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    while (open.length > 0 && endOf(open.at(-1)!) <= slice.ts) open.pop();
    const around = open.at(-1);
    t.true(around === undefined || endOf(slice) <= endOf(around), slice.name);
    open.push(slice);
  }
}

function endOf({ ts, dur }: Slice): number {
  return ts + dur;
}

test('a step that ran is a slice with its outcome, its reason and its bytes, and its save is in it', (t) => {
  const slices = eventsOf(monorepo()).filter((event) => event.ph === 'X');
  const install = slices.find(({ name }) => name === '3 RUN npm ci')!;
  t.like(install, { cat: 'ran', ts: 512_000, dur: 8_088_000 });
  t.like(install.args, {
    outcome: 'ran',
    why: 'because services/web/package.json changed',
    place: 'services/web/Layerfile:3',
    bytes: 8_123_456,
    restoreMs: 81,
    miss: { reason: 'changed', kind: 'content', path: 'services/web/package.json', was: 'sha256:1', now: 'sha256:2' },
  });
  const save = slices.find(({ name, tid }) => name === 'save' && tid === install.tid)!;
  t.like(save, { ts: 8_536_000, dur: 64_000, args: { bytes: 8_123_456 } });
});

test('what was waited for and restored is on a thread of its own, and so is the machine', (t) => {
  const slices = eventsOf(monorepo()).filter((event) => event.ph === 'X');
  const ofApi = slices.filter(({ pid }) => pid === 4);
  t.deepEqual(
    ofApi.map(({ name, ts, dur }) => [name, ts / 1000, dur / 1000]),
    [
      ['queue', 20, 580],
      ['restore', 600, 380],
      ['2 RUN <<EOF …', 980, 2420],
      ['3 SPLIT 2', 3401, 299],
      ['save', 3420, 280],
      ['machine', 620, 3090],
    ],
  );
  t.is(new Set(ofApi.map(({ tid }) => tid)).size, 3);
});

test('a step that was restored or skipped is a moment, not a slice', (t) => {
  const moments = eventsOf(monorepo()).filter((event) => event.ph === 'i');
  t.true(moments.some(({ name }) => name === 'restored: 2 RUN apt-get install -y nodejs'));
  t.true(moments.some(({ name }) => name === 'skipped: 5 CHECKPOINT'));
});

test('an arrow leads from the end of what stands above a SPLIT to each of its copies, within slices at both ends', (t) => {
  const events = eventsOf(monorepo());
  const flows = flowsOf(events);
  t.deepEqual(
    flows.map(({ ph, name, pid, ts }) => [ph, name, pid, ts]),
    [
      ['s', 'SPLIT', 4, 3_699_999],
      ['f', 'SPLIT', 5, 4_120_000],
      ['s', 'SPLIT', 4, 3_699_999],
      ['f', 'SPLIT', 6, 4_300_000],
    ],
  );
  const slices = events.filter((event) => event.ph === 'X');
  for (const { tid, ts } of flows)
    t.true(slices.some((slice) => slice.tid === tid && slice.ts <= ts && ts < endOf(slice)));
});

test('arrows have a number each, and lead from what is needed to what needs it where both ran', (t) => {
  const flows = flowsOf(eventsOf(generated(200)));
  t.true(flows.length > 0);
  for (const both of Map.groupBy(flows, ({ id }) => id).values()) {
    t.deepEqual(
      both.map(({ ph }) => ph),
      ['s', 'f'],
    );
    t.is(both[0]!.name, 'FROM');
  }
});

test('a counter says how many machines there are', (t) => {
  const counts = eventsOf(monorepo()).flatMap((event) =>
    event.ph === 'C' && event.name === 'machines running' ? [[event.ts / 1000, event.args['machines']]] : [],
  );
  t.deepEqual(counts.slice(0, 3), [
    [20, 1],
    [620, 2],
    [3710, 1],
  ]);
  t.deepEqual(counts.at(-1), [9420, 0]);
});
