import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { TtyReporter } from '../../../cli/reporters/tty.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { BUILD, ended, FAILING_BUILD, output, result, started, UP } from '../build-script.ts';
import { startScript, untilEnded } from '../child.ts';
import { FakeTerminal } from './fake-terminal.ts';

/** A reporter on a terminal, at a time that the test sets. */
function open({ columns = 80, rows = 24 } = {}) {
  const terminal = new FakeTerminal(columns, rows);
  const controller = new AbortController();
  const clock = { nowMs: 0 };
  const reporter = new TtyReporter(terminal, createPalette(false), {
    signal: controller.signal,
    now: () => clock.nowMs,
  });
  const play = (...events: readonly BuildEvent[]): void => {
    for (const event of events) reporter.event(event);
  };
  const screenAt = (nowMs: number): string => {
    clock.nowMs = nowMs;
    reporter.draw();
    return terminal.screen;
  };
  return { terminal, controller, reporter, play, screenAt };
}

test('what stays of a build: a line for each step, the output of the failed one, a summary', (t) => {
  const { terminal, reporter, play } = open();
  play(...FAILING_BUILD);
  reporter.end();
  t.is(
    terminal.screen,
    `\
web/Layerfile (web, 5 steps)
✓ 1/5  restored            FROM vm/debian:12
✓ 2/5  restored            COPY . .
✓ 3/5  ran          8.1 s  RUN npm install  (package.json changed)
! web/Layerfile: clock went backwards
✗ 4/5  failed      0.94 s  RUN npm test  (exit code 3)
    1 passed
    2 failed
- 5/5  skipped             RUN <<EOF …
2 restored, 1 ran, 1 failed, 1 skipped in 9.1 s (restoring saved 3 m 12 s)`,
  );
});

test('what a plan explains stands below its step, and is cut at the edge', (t) => {
  const { terminal, reporter, play } = open({ columns: 40 });
  const planned = { taken: true, why: 'step', costsMs: 50, savesMs: 3210 } as const;
  const observed = { content: 2, listing: 0, stat: 1, link: 0, absent: 0, exists: 0 };
  play(BUILD, ended(1, 'FROM vm/debian:12', { outcome: 'restored', observed, planned, snapshotBytes: 5 << 20 }));
  reporter.end();
  t.is(
    terminal.screen,
    `\
web/Layerfile (web, 5 steps)
✓ 1/5  restored            FROM vm/deb…
       observed 2 content, 1 stat
       snapshot after this step: takes…`,
  );
});

test('a running step shows its time and the last three lines of its output', (t) => {
  const { reporter, play, screenAt } = open();
  play(BUILD, ended(1, 'FROM vm/debian:12', { outcome: 'restored' }), started(2, 'RUN npm install'));
  play(output(2, 'one\ntwo\n\nthree\nfour\nfi'));
  t.is(
    screenAt(12_400),
    `\
web/Layerfile (web, 5 steps)
✓ 1/5  restored            FROM vm/debian:12
▸ 2/5  running     12.4 s  RUN npm install
    two
    three
    four`,
  );
  play(output(2, 've\n'));
  t.regex(screenAt(13_000), / 13\.0 s {2}RUN npm install\n {4}three\n {4}four\n {4}five$/);
  reporter.end();
});

test('when a step ends its live lines go, and its line takes their place', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  play(BUILD, started(1, 'RUN make'), output(1, 'a\nb\nc\n'));
  screenAt(1000);
  play(ended(1, 'RUN make', { durationMs: 1000, miss: { reason: 'new' } }));
  t.is(terminal.screen, 'web/Layerfile (web, 5 steps)\n✓ 1/5  ran          1.0 s  RUN make  (new)');
  reporter.end();
});

test('an activity shows its time and, where known, its progress, until the next step begins', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  const activity = { event: 'activity', layerfile: 'web/Layerfile' } as const;
  play(BUILD, { ...activity, activity: 'image', text: 'building vm/debian:12', progress: 0 });
  t.regex(screenAt(500), /\n▸ {6}image {7}0\.50 s {2}building vm\/debian:12 {2}─{16} {3}0 %$/);
  play({ ...activity, activity: 'image', text: 'building vm/debian:12', progress: 0.5 });
  t.regex(screenAt(41_000), /\n▸ {6}image {7}41\.0 s {2}building vm\/debian:12 {2}━{8}─{8} {2}50 %$/);
  play({ ...activity, activity: 'boot', text: 'booting' });
  t.regex(screenAt(42_000), /\n▸ {6}boot {9}1\.0 s {2}booting$/);
  play(started(1, 'FROM vm/debian:12'));
  t.is(screenAt(43_000), 'web/Layerfile (web, 5 steps)\n▸ 1/5  running      1.0 s  FROM vm/debian:12');
  reporter.end();
  t.is(terminal.screen, 'web/Layerfile (web, 5 steps)');
});

for (const columns of [20, 40, 80, 120]) {
  test(`no line of a step is wider than a window of ${columns} columns`, (t) => {
    const { reporter, play, screenAt } = open({ columns });
    const instruction = `RUN ${'npm install && '.repeat(12)}`;
    const miss = { reason: 'changed', kind: 'content', path: `src/${'deep/'.repeat(20)}`, was: '1', now: '2' } as const;
    play(ended(1, instruction, { miss }), started(2, instruction), output(2, `${'long '.repeat(50)}\n`));
    play({ event: 'activity', layerfile: 'web/Layerfile', activity: 'boot', text: 'x'.repeat(200), progress: 0.3 });
    for (const line of screenAt(0).split('\n')) t.true(Array.from(line).length < columns, line);
    reporter.end();
  });
}

test('a window that becomes narrower, and wraps the lines, is drawn anew from their first row', (t) => {
  const { terminal, reporter, play, screenAt } = open({ columns: 80 });
  play(BUILD, started(1, `RUN ${'x'.repeat(100)}`));
  screenAt(0);
  terminal.columns = 40;
  // The 79 columns of the live line are now two rows.
  terminal.write('\n');
  t.notThrows(() => screenAt(1000));
  t.regex(terminal.screen, /^web\/Layerfile \(web, 5 steps\)\n▸ 1\/5 {2}running {6}1\.0 s {2}RUN x+…$/);
  reporter.end();
});

test('live lines never fill the window', (t) => {
  const { reporter, play, screenAt } = open({ rows: 4 });
  play(started(1, 'RUN make'), output(1, 'a\nb\nc\n'));
  t.is(screenAt(0).split('\n').length, 2);
  reporter.end();
});

test('every frame is one write, and output alone writes nothing', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  play(BUILD, started(1, 'RUN make'));
  screenAt(0);
  const before = terminal.writes;
  play(...Array.from({ length: 1000 }, (_, index) => output(1, `${index}\n`)));
  t.is(terminal.writes, before);
  screenAt(100);
  t.is(terminal.writes, before + 1);
  reporter.end();
});

test('of a long output of a failed step the end is shown, and how much is above it', (t) => {
  const { terminal, reporter, play } = open();
  play(started(1, 'RUN make'));
  play(...Array.from({ length: 1000 }, (_, index) => output(1, `line ${index}\n`)));
  play(ended(1, 'RUN make', { outcome: 'failed', exitCode: 1 }));
  reporter.end();
  const lines = terminal.screen.split('\n');
  t.is(lines[1], '    … 800 lines above');
  t.is(lines[2], '    line 800');
  t.is(lines.at(-1), '    line 999');
});

test('what a background step wrote meanwhile is shown below the step that failed', (t) => {
  const { terminal, reporter, play } = open();
  play(started(2, 'RUN BACKGROUND serve'), output(2, 'starting\n'), ended(2, 'RUN BACKGROUND serve', {}));
  play(started(3, 'RUN curl'), output(2, 'port in use\n', 'stderr'), output(3, 'refused\n'));
  play(ended(3, 'RUN curl', { outcome: 'failed', exitCode: 7 }));
  reporter.end();
  t.regex(terminal.screen, /exit code 7\)\n {4}refused\n {4}\(in the background, step 2:\)\n {4}port in use$/);
});

test('from the first signal on the screen says what is happening', (t) => {
  const { controller, reporter, play, screenAt } = open();
  play(started(1, 'RUN sleep'));
  controller.abort();
  t.regex(screenAt(0), /RUN sleep\nInterrupted: ending the machines \(Ctrl-C again: at once\)$/);
  reporter.end();
});

test('a build that is cancelled says so', (t) => {
  const { terminal, reporter, play } = open();
  play(
    BUILD,
    started(1, 'RUN sleep'),
    ended(1, 'RUN sleep', { outcome: 'cancelled', durationMs: 100, exitCode: null }),
  );
  play(result({ outcome: 'cancelled', durationMs: 200 }));
  reporter.end();
  t.regex(terminal.screen, /✗ 1\/5 {2}cancelled {3}0\.10 s {2}RUN sleep\n1 cancelled in 0\.20 s$/);
});

test('a plan is shown like a build', (t) => {
  const { terminal, reporter, play } = open();
  play(ended(1, 'FROM vm/debian:12', { outcome: 'restored' }));
  play(ended(2, 'RUN make', { outcome: 'would-run', exitCode: null, miss: { reason: 'forced' } }));
  play(result({ durationMs: 90, savedMs: 8000 }));
  reporter.end();
  t.is(
    terminal.screen,
    `\
✓ 1/?  restored            FROM vm/debian:12
▸ 2/?  would-run           RUN make  (forced)
1 restored, 1 would run in 0.09 s (restoring saves 8.0 s)`,
  );
});

test('the timer of the live lines does not keep the process alive', async (t) => {
  const child = startScript(`
    import { createPalette } from './cli/reporters/palette.ts';
    import { TtyReporter } from './cli/reporters/tty.ts';
    const reporter = new TtyReporter(process.stdout, createPalette(false), {
      signal: new AbortController().signal,
      now: () => 0,
    });
    reporter.event({ event: 'start', layerfile: 'Layerfile', step: 1, line: 1, instruction: 'RUN make' });
  `);
  t.like(await untilEnded(child), { exitCode: 0, stderr: '' });
});

test('what is up stays on the screen with how to end it, and Ctrl-C is seen at once', (t) => {
  const { terminal, controller, reporter, play } = open();
  play(...UP);
  t.is(
    terminal.screen,
    `\
no steps in 0.30 s
  http://localhost:23456/     -> port 3000 of the machine
  http://localhost:23456/api  -> port 13001 of the machine
  tcp://localhost:15432       -> port 5432 of the machine
Up until Ctrl-C`,
  );
  controller.abort();
  t.regex(terminal.screen, /5432 of the machine\nInterrupted: ending the machines \(Ctrl-C again: at once\)$/);
  reporter.end();
  t.regex(terminal.screen, /5432 of the machine$/);
});

test('while somebody else has the screen nothing is drawn, and what came meanwhile is shown afterwards', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  play(BUILD, started(1, 'BUTTON Deploy?'));
  screenAt(1000);
  const hold = reporter.hold();
  t.is(terminal.screen, 'web/Layerfile (web, 5 steps)', 'the live lines have made room');
  terminal.write('? Deploy? [y/n] ');
  const { writes } = terminal;
  play({ event: 'warning', layerfile: 'web/Layerfile', text: 'by the way' });
  screenAt(2000);
  t.is(terminal.writes, writes);
  terminal.write('y\n');
  hold[Symbol.dispose]();
  t.is(
    terminal.screen,
    `\
web/Layerfile (web, 5 steps)
? Deploy? [y/n] y
! web/Layerfile: by the way
▸ 1/5  running      2.0 s  BUTTON Deploy?`,
  );
  reporter.end();
});
