import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { PlainReporter } from '../../../cli/reporters/plain.ts';
import { TtyReporter } from '../../../cli/reporters/tty.ts';
import type { BuildEvent, Miss, StepEnded } from '../../../runner/index.ts';
import { result } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { changed, ScriptedBuild } from './scripted-build.ts';

const ABOVE: Miss = { reason: 'instruction' };
const [base, api, web, e2e] = [
  new ScriptedBuild('base', 3),
  new ScriptedBuild('api', 9),
  new ScriptedBuild('web', 4),
  new ScriptedBuild('e2e', 3, { split: { step: 2, copies: 3 } }),
] as const;

const wouldRun = (build: ScriptedBuild, steps: readonly number[], miss: Miss): readonly BuildEvent[] =>
  steps.map((step) => build.ended(step, 'would-run', { miss }));

/** One restored, one of which most would run, one below another one, one with copies of which two would run. */
const PLAN: readonly BuildEvent[] = [
  ...[base, api, web, e2e].map((build) => build.build()),
  ...base.all('restored'),
  ...api.all('restored', 1, 2),
  api.ended(3, 'would-run', changed('package.json')),
  ...wouldRun(api, [4, 5, 6, 7], ABOVE),
  api.ended(8, 'would-run', changed('test/page.test.js')),
  ...wouldRun(api, [9], ABOVE),
  ...wouldRun(web, [1], { reason: 'instruction', parent: 'base/Layerfile' }),
  ...wouldRun(web, [2, 3, 4], ABOVE),
  ...e2e.all('restored', 1, 2),
  e2e.copy(0).ended(3, 'restored'),
  ...[1, 2].flatMap((copy) => wouldRun(e2e.copy(copy), [3], { reason: 'new' })),
  result({ durationMs: 90, savedMs: 8000 }),
];

const SUMMARY = `\
4 Layerfiles: 1 restored, 3 would run
21 steps: 8 restored, 13 would run in 0.09 s (restoring saves 8.0 s)`;

test('a plan lists what would run and why, and counts the rest', (t) => {
  const terminal = new FakeTerminal(80);
  const { signal } = new AbortController();
  const reporter = new TtyReporter(terminal, createPalette(false), { signal, now: () => 0 });
  for (const event of PLAN) reporter.event(event);
  reporter.end();
  t.is(
    terminal.screen,
    `\
▸ api   3/9  RUN npm ci  (package.json changed)
▸ api        and 4 steps below  (a step above changed)
▸ api   8/9  RUN make 8  (test/page.test.js changed)
▸ api   9/9  RUN make 9  (a step above changed)
▸ web   1/4  FROM vm/debian:12  (base/Layerfile runs anew)
▸ web   2/4  COPY . .  (a step above changed)
▸ web   3/4  RUN npm ci  (a step above changed)
▸ web   4/4  RUN npm test  (a step above changed)
▸ e2e   3/3  RUN npm ci  (new, in 2 of 3 copies)
${SUMMARY}`,
  );
});

function logged(events: readonly BuildEvent[]): string {
  const stdout = new RecordedStream();
  const reporter = new PlainReporter(stdout, createPalette(false), { isPlan: true });
  for (const event of events) reporter.event(event);
  reporter.end();
  return stdout.text;
}

test('a plan in a log has the same lines, each with its name', (t) => {
  const log = logged(PLAN);
  t.regex(
    log,
    /^api {3}3\/9 {2}would-run {11}RUN npm ci {2}\(package\.json changed\)\napi {8}would-run {11}and 4 steps below/,
  );
  t.regex(log, /\ne2e {3}3\/3 {2}would-run {11}RUN npm ci {2}\(new, in 2 of 3 copies\)\n/);
  t.true(log.endsWith(`\n${SUMMARY}\n`));
  t.notRegex(log, /^base/m);
});

test('a plan of which nothing would run is one line', (t) => {
  const events = [base.build(), web.build(), ...base.all('restored'), ...web.all('restored')];
  t.is(logged([...events, result({ durationMs: 40 })]), '2 Layerfiles, 7 steps restored in 0.04 s\n');
});

test('a plan that explains itself lists every step, with what it observed below it', (t) => {
  const planned: Partial<StepEnded> = { planned: { taken: true, why: 'step', costsMs: 50, savesMs: 3210 } };
  const [one, two] = [new ScriptedBuild('one', 1), new ScriptedBuild('two', 1)];
  const events = [one.build(), two.build(), one.ended(1, 'restored', planned)];
  t.is(
    logged([...events, two.ended(1, 'would-run', { ...planned, miss: { reason: 'forced' } })]),
    `\
one 1/1  restored            FROM vm/debian:12
one 1/1  snapshot after this step: costs 0.05 s, saves 3.2 s
two 1/1  would-run           FROM vm/debian:12  (forced)
two 1/1  snapshot after this step: costs 0.05 s, saves 3.2 s
`,
  );
});
