import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { TtyReporter } from '../../../cli/reporters/tty.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { exposed, result } from '../build-script.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { changed, need, ScriptedBuild } from './scripted-build.ts';

/** A reporter on a terminal, at a time that the test sets. */
function open({ columns = 80, rows = 24 } = {}) {
  const terminal = new FakeTerminal(columns, rows);
  const controller = new AbortController();
  const clock = { nowMs: 0 };
  const reporter = new TtyReporter(terminal, createPalette(false), {
    signal: controller.signal,
    now: () => clock.nowMs,
  });
  const play = (...events: readonly (BuildEvent | readonly BuildEvent[])[]): void => {
    for (const event of events.flat()) reporter.event(event);
  };
  const screenAt = (nowMs: number): string => {
    clock.nowMs = nowMs;
    reporter.draw();
    return terminal.screen;
  };
  return { terminal, controller, reporter, play, screenAt };
}

const [base, api, web, mail] = [
  new ScriptedBuild('base', 3),
  new ScriptedBuild('api', 4, { needs: [need('FROM', 'base')] }),
  new ScriptedBuild('web', 4, { needs: [need('FROM', 'base'), need('WAIT', 'api')] }),
  new ScriptedBuild('mail', 4),
] as const;
const all = [base, api, web, mail];
const BUILDS = all.map((build) => build.build());

test('Layerfiles of which all is restored are one line, in one write', (t) => {
  const { terminal, reporter, play } = open();
  const many = Array.from({ length: 20 }, (_, index) => new ScriptedBuild(`service-${index}`, 5));
  play(many.map((build) => build.build()));
  for (const build of many) play(build.all('restored'));
  t.is(terminal.writes, 0);
  play(result({ restored: 100, durationMs: 200, savedMs: 192_000 }));
  t.is(terminal.screen, '20 Layerfiles, 100 steps restored in 0.20 s (restoring saved 3 m 12 s)');
  t.is(terminal.writes, 1);
  reporter.end();
});

test('what is under way has a row each, then what waits, and a line says how far all is', (t) => {
  const { reporter, play, screenAt } = open();
  play(BUILDS, mail.all('restored', 1, 2), base.activity('restore', 'restoring the machine'));
  play(mail.activity('queue', 'waiting for a processor'), base.all('restored', 1, 2), base.started(3));
  t.is(
    screenAt(12_400),
    `\
▸ base 3/3      12 s  RUN npm ci
· mail          12 s  waiting for a processor
· api                 needs base
· web                 needs base, api
  0 of 4 Layerfiles done, 12 s`,
  );
  play(base.output(3, 'added 12 packages\nfound 0 vulner'));
  t.regex(screenAt(13_000), /^▸ base 3\/3 {6}13 s {2}RUN npm ci {2}added 12 packages\n/);
  play(mail.activity('image', 'building vm/debian:12', 0.5), base.ended(3, 'ran', changed('package.json')));
  t.is(
    screenAt(14_000),
    `\
✓ base 3/3    0.00 s  2 restored, 1 ran  (package.json changed)
▸ mail           1 s  building vm/debian:12  ━━━━━━━━────────  50 %
· api                 waiting
· web                 needs api
  1 of 4 Layerfiles done, 14 s`,
  );
  reporter.end();
});

test('between two steps a row stays as it is', (t) => {
  const { reporter, play, screenAt } = open();
  play(BUILDS, base.started(2));
  const before = screenAt(100);
  play(base.ended(2, 'ran'));
  t.is(screenAt(200), before);
  reporter.end();
});

test('a Layerfile that ran leaves one line with what ran, how long and why; one that was restored leaves none', (t) => {
  const { terminal, reporter, play } = open();
  play(BUILDS, base.all('restored'));
  play(
    api.all('restored', 1, 2),
    api.started(3),
    api.ended(3, 'ran', { durationMs: 8000, ...changed('package.json') }),
  );
  play(api.started(4), api.ended(4, 'ran', { durationMs: 100, miss: { reason: 'instruction' } }));
  play(web.ended(1, 'ran', { miss: { reason: 'instruction', parent: 'base/Layerfile' } }));
  play(web.all('ran', 2), mail.all('restored'));
  play(result({ durationMs: 8200 }));
  reporter.end();
  t.is(
    terminal.screen,
    `\
✓ api  4/4     8.1 s  2 restored, 2 ran  (package.json changed)
✓ web  4/4    0.00 s  4 ran  (base/Layerfile runs anew)
4 Layerfiles: 2 restored, 2 ran
15 steps: 9 restored, 6 ran in 8.2 s`,
  );
});

test('what failed keeps a row, and is told in full at the end, with what was not built for want of what', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  play(BUILDS, mail.started(2), base.started(3), base.output(3, '1 passed\n'), base.output(3, '2 failed\n', 'stderr'));
  play(base.ended(3, 'failed', { exitCode: 3, durationMs: 940 }));
  t.is(
    screenAt(1000),
    `\
✗ base 3/3    0.94 s  RUN npm ci  (exit code 3)
▸ mail 2/4       1 s  COPY . .
· api                 needs base
· web                 needs base, api
  0 of 4 Layerfiles done, 1 failed, 1 s`,
  );
  play(base.all('skipped', 1, 2), api.all('skipped'), web.all('skipped'));
  play(mail.ended(2, 'cancelled'), mail.all('skipped', 3), mail.ended(1, 'restored'));
  play(result({ outcome: 'failed', failed: 1, durationMs: 1200 }));
  reporter.end();
  t.is(
    terminal.screen,
    `
✗ base 3/3  failed      0.94 s  RUN npm ci  (exit code 3)
  base/Layerfile:3
    1 passed
    2 failed

- skipped, as base failed: api, web
✗ cancelled: mail
4 Layerfiles: 1 failed, 1 cancelled, 2 skipped
15 steps: 1 restored, 1 failed, 1 cancelled, 12 skipped in 1.2 s`,
  );
});

test('of many failures each shows less, and together they still show the end of each', (t) => {
  const { terminal, reporter, play } = open();
  const many = Array.from({ length: 50 }, (_, index) => new ScriptedBuild(`s${index}`, 1));
  play(many.map((build) => build.build()));
  const output = Array.from({ length: 300 }, (_, line) => `line ${line}\n`).join('');
  for (const build of many) play(build.started(1), build.output(1, output), build.ended(1, 'failed', { exitCode: 1 }));
  play(result({ outcome: 'failed', failed: 50 }));
  reporter.end();
  const lines = terminal.screen.split('\n');
  t.is(lines.filter((line) => line === '    line 299').length, 50);
  t.is(lines.filter((line) => line === '    … 280 lines above').length, 50);
  t.is(lines.filter((line) => line === '    line 280').length, 50);
});

test('copies have rows of their own, and one line together', (t) => {
  const { reporter, play, screenAt } = open();
  const e2e = new ScriptedBuild('e2e', 4, { split: { step: 2, copies: 3 } });
  play(e2e.build(), e2e.all('restored', 1, 2));
  play(
    [0, 1, 2].map((copy) => e2e.copy(copy).started(3)),
    e2e.copy(1).output(3, 'second\n'),
  );
  t.is(
    screenAt(2000),
    `\
▸ e2e   3/4       2 s  RUN npm ci
▸ e2e-2 3/4       2 s  RUN npm ci  second
▸ e2e-3 3/4       2 s  RUN npm ci
  0 of 1 Layerfile done, 2 s`,
  );
  play(e2e.copy(0).ended(3, 'ran', { durationMs: 2000, miss: { reason: 'new' } }), e2e.copy(0).ended(4, 'ran'));
  t.regex(screenAt(3000), /^▸ e2e-2 .*\n▸ e2e-3 .*\n {2}0 of 1 Layerfile done, 3 s$/);
  for (const copy of [1, 2])
    play(e2e.copy(copy).ended(3, 'ran', { durationMs: 2500 }), e2e.copy(copy).ended(4, 'ran', { durationMs: 500 }));
  play(result({ durationMs: 3200 }));
  reporter.end();
  t.is(screenAt(3200), '✓ e2e   4/4     3.0 s  2 restored, 6 ran in 3 copies  (new)\n2 restored, 6 ran in 3.2 s');
});

test('more rows than the window has room for are summed up', (t) => {
  const { reporter, play, screenAt } = open({ rows: 9 });
  const many = Array.from({ length: 20 }, (_, index) => new ScriptedBuild(`s${index + 10}`, 4));
  play(many.map((build) => build.build()));
  for (const build of many.slice(0, 8)) play(build.started(1));
  for (const build of many.slice(8, 11)) play(build.activity('queue', 'waiting for a processor'));
  const lines = screenAt(0).split('\n');
  t.is(lines.length, 7);
  t.regex(lines[4] ?? '', /^▸ s14 /);
  t.deepEqual(lines.slice(5), ['  and 15 more: 3 running, 3 queued, 9 waiting', '  0 of 20 Layerfiles done, 0 s']);
  reporter.end();
});

test('a table that would be larger for those that wait has some of them, and counts the rest', (t) => {
  const { reporter, play, screenAt } = open();
  const many = Array.from({ length: 200 }, (_, index) => new ScriptedBuild(`s${index + 100}`, 4));
  play(many.map((build) => build.build()));
  play(many[7]!.started(1), many[9]!.activity('queue', 'waiting for a processor'));
  const lines = screenAt(0).split('\n');
  t.is(lines.length, 10);
  t.regex(lines[0] ?? '', /^▸ s107 1\/4 /);
  t.regex(lines[1] ?? '', /^· s109 /);
  t.regex(lines[7] ?? '', /^· s105 .* waiting$/);
  t.is(lines[8], '  and 192 more waiting');
  reporter.end();
});

test('what comes out of the queue comes below what runs already', (t) => {
  const { reporter, play, screenAt } = open();
  play(BUILDS, base.activity('queue', 'waiting'), mail.started(2), base.started(2));
  t.regex(screenAt(0), /^▸ mail .*\n▸ base /);
  reporter.end();
});

test('a frame is one write, and one in which nothing moves is none', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  play(BUILDS, base.started(1), mail.started(1));
  screenAt(1000);
  const { writes } = terminal;
  for (let line = 0; line < 1000; line++) play(base.output(1, `${line}\n`), mail.output(1, `${line}\n`));
  play(base.ended(1, 'ran'), base.started(2), base.ended(2, 'ran'), base.started(3), base.ended(3, 'ran'));
  t.is(terminal.writes, writes);
  screenAt(1100);
  t.is(terminal.writes, writes + 1);
  for (const nowMs of [1200, 1300, 1400]) screenAt(nowMs);
  t.is(terminal.writes, writes + 1);
  screenAt(2000);
  t.is(terminal.writes, writes + 2);
  reporter.end();
});

test('a narrow window keeps names, steps and instructions', (t) => {
  const { reporter, play, screenAt } = open({ columns: 40 });
  const long = new ScriptedBuild('packages-frontend-storefront', 4);
  play(mail.build(), long.build(), mail.started(4), long.started(3), mail.output(4, 'no room for this\n'));
  t.is(
    screenAt(0),
    `\
▸ mail       4/4  RUN npm test
▸ pack…front 3/4  RUN npm ci
  0 of 2 Layerfiles done, 0 s`,
  );
  reporter.end();
});

test('a warning that many Layerfiles have is shown once, and counted', (t) => {
  const { terminal, reporter, play } = open();
  play(BUILDS);
  for (const { layerfile } of all) play({ event: 'warning', layerfile, text: 'the time limit passed' });
  play(
    all.flatMap((build) => build.all('restored')),
    result(),
  );
  reporter.end();
  t.is(
    terminal.screen,
    `\
! base/Layerfile: the time limit passed
! 3 more times: the time limit passed
4 Layerfiles, 15 steps restored in 0.00 s`,
  );
});

test('a Layerfile that waits for a person says so', (t) => {
  const { terminal, reporter, play } = open();
  play(base.build(), mail.build(), base.all('restored'));
  play(mail.all('restored', 1, 2), mail.ended(3, 'skipped', { waiting: true }), mail.ended(4, 'skipped'));
  play(result({ waiting: 1 }));
  reporter.end();
  t.is(
    terminal.screen,
    `\
- mail 4/4            waits for a person: 2 restored, 2 skipped
2 Layerfiles: 1 restored, 1 waiting for a person
7 steps: 5 restored, 2 skipped in 0.00 s`,
  );
});

test('what SKIP REMAINING IF skips has succeeded', (t) => {
  const { terminal, reporter, play } = open();
  play(base.build(), mail.build(), base.all('restored'), mail.ended(1, 'restored'));
  const skip = mail.ended(2, 'restored') as Extract<BuildEvent, { readonly event: 'step' }>;
  play({ ...skip, instruction: 'SKIP REMAINING IF A=b' }, mail.all('skipped', 3), result());
  reporter.end();
  t.is(terminal.screen, '2 Layerfiles: 2 restored\n7 steps: 5 restored, 2 skipped in 0.00 s');
});

test('a run that breaks off tells what failed until then', (t) => {
  const { terminal, reporter, play } = open();
  play(BUILDS, base.started(1), base.ended(1, 'failed', { exitCode: 1 }));
  reporter.end();
  t.is(terminal.screen, '\n✗ base 1/3  failed      0.00 s  FROM vm/debian:12  (exit code 1)\n  base/Layerfile:1');
});

test('from the first signal on the screen says what is happening, in the smallest window too', (t) => {
  const { controller, reporter, play, screenAt } = open({ rows: 5 });
  play(BUILDS, base.started(1), mail.started(1));
  controller.abort();
  t.is(
    screenAt(0),
    `\
  and 4 more: 2 running, 2 waiting
  0 of 4 Layerfiles done, 0 s
Interrupted: ending the machines (Ctrl-C again: at once)`,
  );
  reporter.end();
});

test('while somebody else has the screen nothing is drawn, and what came meanwhile is shown afterwards', (t) => {
  const { terminal, reporter, play, screenAt } = open();
  play(BUILDS, base.started(1), mail.started(1));
  screenAt(1000);
  const hold = reporter.hold();
  t.is(terminal.screen, '', 'the live lines have made room');
  terminal.write('? Deploy? [y/n] ');
  const { writes } = terminal;
  play(base.all('ran'), { event: 'warning', layerfile: mail.layerfile, text: 'by the way' });
  screenAt(2000);
  t.is(terminal.writes, writes);
  terminal.write('y\n');
  hold[Symbol.dispose]();
  t.regex(terminal.screen, /^\? Deploy\? \[y\/n\] y\n✓ base .*\n! mail\/Layerfile: by the way\n▸ mail /);
  reporter.end();
});

test('what is up says which Layerfile or copy it is of', (t) => {
  const { terminal, reporter, play } = open();
  const e2e = new ScriptedBuild('e2e', 1, { split: { step: 1, copies: 2 } });
  play(e2e.build(), e2e.all('restored'), result({ restored: 1 }));
  const url = (port: number): BuildEvent => exposed(`http://localhost:${port}/`, 80, e2e.layerfile);
  play({ ...url(20_001), copy: 0 } as BuildEvent, { ...url(20_002), copy: 1 } as BuildEvent, {
    event: 'up',
    exposed: 2,
  });
  t.regex(
    terminal.screen,
    /\n {2}e2e {4}http:\/\/localhost:20001\/ {2}-> port 80 .*\n {2}e2e-2 {2}http:\/\/localhost:20002\/ .*\nUp until Ctrl-C$/,
  );
  reporter.end();
});
