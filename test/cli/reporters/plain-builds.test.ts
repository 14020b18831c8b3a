import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { PlainReporter } from '../../../cli/reporters/plain.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { result } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';
import { changed, need, ScriptedBuild } from './scripted-build.ts';

type Events = readonly (BuildEvent | readonly BuildEvent[])[];

function logged(...events: Events): string {
  const stdout = new RecordedStream();
  const reporter = new PlainReporter(stdout, createPalette(false));
  for (const event of events.flat()) reporter.event(event);
  reporter.end();
  return stdout.text;
}

const [base, api, mail] = [
  new ScriptedBuild('base', 3),
  new ScriptedBuild('api-long', 12, { needs: [need('FROM', 'base'), need('WAIT', 'mail')] }),
  new ScriptedBuild('mail', 4),
] as const;
const BUILDS = [base.build(), api.build(), mail.build()];

test('every line of a log begins with the name of its build', (t) => {
  t.is(
    logged(
      BUILDS,
      base.all('restored'),
      mail.all('restored', 1, 2),
      mail.activity('restore', 'restoring the machine'),
      api.started(1),
      mail.started(3),
      mail.output(3, 'added 12 pack'),
      api.output(1, 'interrupts\n'),
      mail.output(3, 'ages\nhalf a li'),
      mail.output(3, 'on stderr\n', 'stderr'),
      { event: 'warning', layerfile: api.layerfile, text: 'clock went backwards' },
      { event: 'warning', layerfile: '', text: 'of the cache' },
      mail.ended(3, 'ran', { durationMs: 8123, ...changed('package.json') }),
      mail.ended(4, 'ran', { miss: { reason: 'instruction' } }),
      api.ended(1, 'failed', { exitCode: 1, durationMs: 60_000 }),
      api.all('skipped', 2),
      result({ outcome: 'failed', durationMs: 61_000 }),
    ),
    `\
base            restored            3 steps
mail            begins              mail/Layerfile, 4 steps
mail            restore             restoring the machine
api-long        begins              api-long/Layerfile, 12 steps, FROM base, WAIT mail
api-long  1/12  started             FROM vm/debian:12
mail       3/4  started             RUN npm ci
api-long  1/12  | interrupts
mail       3/4  | added 12 packages
mail       3/4  | on stderr
api-long        warning             clock went backwards
warning: of the cache
mail       3/4  | half a li
mail       3/4  ran          8.1 s  RUN npm ci  (package.json changed)
mail       4/4  ran         0.00 s  RUN npm test  (a step above changed)
mail            done         8.1 s  2 restored, 2 ran  (package.json changed)
api-long  1/12  failed    1 m 00 s  FROM vm/debian:12  (exit code 1)
api-long        failed    1 m 00 s  1 failed, 11 skipped
3 Layerfiles: 1 restored, 1 ran, 1 failed
19 steps: 5 restored, 2 ran, 1 failed, 11 skipped in 1 m 01 s
`,
  );
});

test('what was not built says for want of what', (t) => {
  const shop = new ScriptedBuild('shop', 2, { needs: [need('WAIT', 'api-long')] });
  const log = logged(BUILDS, shop.build(), base.ended(1, 'failed'), base.all('skipped', 2), api.all('skipped'), [
    ...shop.all('skipped'),
    mail.ended(1, 'cancelled', { durationMs: 10 }),
    ...mail.all('skipped', 2),
  ]);
  t.regex(log, /^api-long +skipped +12 steps {2}\(base failed\)$/m);
  t.regex(log, /^shop +skipped +2 steps {2}\(base failed\)$/m);
  t.regex(log, /^mail +1\/4 {2}cancelled +0\.01 s {2}FROM vm\/debian:12$/m);
  t.regex(log, /^mail +cancelled +0\.01 s {2}1 cancelled, 3 skipped$/m);
});

test('copies have names of their own', (t) => {
  const e2e = new ScriptedBuild('e2e', 3, { split: { step: 2, copies: 2 } });
  const taken = new ScriptedBuild('e2e-2', 1);
  t.is(
    logged(
      e2e.build(),
      taken.build(),
      taken.all('restored'),
      e2e.all('restored', 1, 2),
      [0, 1].map((copy) => e2e.copy(copy).started(3)),
      e2e.copy(1).output(3, 'of the sec'),
      e2e.copy(0).output(3, 'of the first\n'),
      e2e.copy(1).output(3, 'ond\n'),
      [0, 1].map((copy) => e2e.copy(copy).ended(3, 'ran', { miss: { reason: 'new' } })),
      result({ durationMs: 100 }),
    ),
    `\
e2e-2      restored            1 step
e2e        begins              e2e/Layerfile, 3 steps, SPLIT 2
e2e   3/3  started             RUN npm ci
e2e#2 3/3  started             RUN npm ci
e2e   3/3  | of the first
e2e#2 3/3  | of the second
e2e   3/3  ran         0.00 s  RUN npm ci  (new)
e2e#2 3/3  ran         0.00 s  RUN npm ci  (new)
e2e        done                2 restored, 2 ran in 2 copies  (new)
2 Layerfiles: 1 restored, 1 ran
5 steps: 3 restored, 2 ran in 0.10 s
`,
  );
});

test('a name that is much longer than the others does not push them aside', (t) => {
  const long = new ScriptedBuild('a'.repeat(60), 3);
  const lines = logged(mail.build(), long.build(), mail.started(1), long.started(1)).split('\n');
  t.regex(lines[1] ?? '', /^mail {21}1\/4 {2}started/);
  t.regex(lines[3] ?? '', /^a{60} 1\/3 {2}started/);
});

test('the progress of one activity is one line, and its step has it again', (t) => {
  const log = logged(BUILDS, mail.activity('image', 'unpacking', 0.1), mail.activity('image', 'unpacking', 0.2), [
    mail.ended(1, 'ran'),
    mail.activity('image', 'unpacking', 0.3),
  ]);
  t.is(log.match(/ image /g)?.length, 2);
});

test('while a person is asked the log waits, and loses nothing', (t) => {
  const stdout = new RecordedStream();
  const reporter = new PlainReporter(stdout, createPalette(false));
  for (const event of [...BUILDS, mail.started(1)]) reporter.event(event);
  const hold = reporter.hold();
  const before = stdout.text;
  t.regex(before, /^mail +1\/4 {2}started/m);
  reporter.event(mail.output(1, 'meanwhile\n'));
  t.is(stdout.text, before);
  hold[Symbol.dispose]();
  reporter.end();
  t.is(stdout.text, `${before}mail       1/4  | meanwhile\n`);
});
