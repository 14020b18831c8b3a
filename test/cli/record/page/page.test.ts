import test from 'ava';
import fc from 'fast-check';

import { pageText } from '../../../../cli/record/page/page.ts';
import type { RunRecord } from '../../../../cli/record/run-record.ts';
import type { Miss } from '../../../../runner/index.ts';
import { ended, FAILING_BUILD, output, result, started } from '../../build-script.ts';
import { build, from, generated, monorepo, ScriptedRun } from '../scripted-run.ts';
import { tagsOf, textOf, valuesOf } from './markup.ts';
import { nastyText } from './nasty-text.ts';

function pageOf(record: RunRecord): string {
  return pageText(record, '0.1.0');
}

function failing(): RunRecord {
  return new ScriptedRun().at(3, ...FAILING_BUILD).finish();
}

test('a page is well-formed, and needs nothing but itself', (t) => {
  for (const record of [monorepo(), failing(), generated(1), generated(20), generated(200)]) {
    const page = pageOf(record);
    const tags = tagsOf(page);
    t.false(tags.some(({ name }) => ['script', 'link', 'img', 'iframe', 'object', 'form', 'base'].includes(name)));
    t.false(tags.some(({ attributes }) => attributes.some((name) => name.startsWith('on') || name === 'src')));
    t.true(valuesOf(page, 'href').every((address) => address.startsWith('#')));
    t.regex(page, /<meta http-equiv="Content-Security-Policy" content="default-src 'none';/);
    t.notRegex(page, /url\(|@import/);
  }
});

test('every link leads to a place in the page, and every place is there once', (t) => {
  for (const record of [monorepo(), generated(200)]) {
    const page = pageOf(record);
    const places = valuesOf(page, 'id');
    t.is(new Set(places).size, places.length);
    for (const address of valuesOf(page, 'href')) t.true(places.includes(address.slice(1)), address);
  }
});

/** A run in which every text that comes from outside is one of `texts`. */
function told(texts: readonly string[]): RunRecord {
  let next = 0;
  const text = (): string => texts[next++ % texts.length] ?? '';
  const layerfile = `a${text()}`;
  const about = { layerfile };
  const changed: Miss = { reason: 'changed', kind: 'content', path: text(), was: text(), now: text() };
  return new ScriptedRun()
    .at(0, build(`b${text()}`, 1, { name: text() }), build(layerfile, 4, { name: text(), needs: [from(text())] }))
    .at(1, { event: 'activity', ...about, activity: 'restore', text: text() })
    .at(9, { ...started(1, text()), ...about })
    .at(20, { ...output(1, text(), 'stderr'), ...about }, ended(1, text(), { ...about, miss: changed }))
    .at(21, { ...started(2, text()), ...about }, { ...output(2, `${text()}\n${text()}`), ...about })
    .at(
      90,
      ended(2, `${text()}\n${text()}`, {
        ...about,
        outcome: 'failed',
        miss: { reason: 'unpublishable', paths: [text()] },
      }),
    )
    .at(
      90,
      ended(3, text(), {
        ...about,
        miss: { reason: 'instruction', machine: { field: 'qemu', was: text(), now: text() } },
      }),
    )
    .at(
      91,
      { event: 'warning', layerfile: text(), text: text() },
      { event: 'machine', layerfile: text(), phase: 'begin', memoryMib: 1 },
    )
    .at(99, result({ outcome: 'failed' }))
    .finish(text());
}

/** The words that the page itself has as tags and attributes. */
const OWN = new Set(
  [monorepo(), failing(), told(['text', 'a\nb'])].flatMap((record) =>
    tagsOf(pageOf(record)).flatMap(({ name, attributes }) => [
      name,
      ...attributes.map((attribute) => `${name} ${attribute}`),
    ]),
  ),
);

test('no text of machines, files and names, wherever it is told, becomes a tag or an attribute', (t) => {
  fc.assert(
    fc.property(fc.array(nastyText, { minLength: 1, maxLength: 25 }), (texts) => {
      for (const { name, attributes } of tagsOf(pageOf(told(texts))))
        for (const word of [name, ...attributes.map((attribute) => `${name} ${attribute}`)])
          t.true(OWN.has(word), word);
    }),
    { numRuns: 200 },
  );
});

test('the head says how the run ended, what it took, what restoring saved and what was stored', (t) => {
  const text = textOf(pageOf(monorepo()));
  t.regex(text, /✗ Failed 1 failed, 2 cancelled, 4 ran, 4 skipped, 7 restored in 9\.4 s/);
  t.regex(text, /Restoring saved 2 m 28 s/);
  t.regex(text, /Stored 103\.7 MiB 2 snapshots; machines stood still 0\.34 s/);
  t.regex(text, /Machines 4 at most 3 at once/);
  t.regex(pageOf(monorepo()), /<title>Failed: 5 Layerfiles<\/title>/);
});

test('a step says what became of it and why, what it observed and what its snapshot takes', (t) => {
  const text = textOf(pageOf(monorepo()));
  t.regex(
    text,
    /3 RUN npm ci because services\/web\/package\.json changed ✓ ran 8\.1 s 412 content, 38 listing, 961 stat, 120 absent, 44 exists 7\.7 MiB saved in 0\.06 s/,
  );
  t.regex(text, /2 RUN apt-get install -y nodejs saved 1 m 04 s ✓ restored/);
});

test('a step that failed is shown first, with what it wrote, as text', (t) => {
  const text = textOf(pageOf(monorepo()));
  t.regex(
    text,
    /Failed ✗ api copy 1, step 4 RUN make test SHARD=\$SPLIT services\/api\/Layerfile:4, exit code 2; because a step above changed, after 5\.1 s FAIL orders\.test\.js expected 3 <b>orders<\/b>, got 2 <\/script><img src=x onerror=alert\(1\)>/,
  );
});

test('here-documents, warnings and what ended a run early are shown whole', (t) => {
  t.regex(
    textOf(pageOf(monorepo())),
    /RUN <<EOF 3 more lines createdb api psql -f schema\.sql EOF because services\/api\/schema\.sql changed/,
  );
  t.regex(textOf(pageOf(monorepo())), /Warnings services\/web\/Layerfile: node_modules\/\.cache changed/);
  const early = new ScriptedRun().at(0, build('Layerfile', 2)).at(70).finish('layer: There is no QEMU');
  t.regex(textOf(pageOf(early)), /✗ Ended early no steps in 0\.07 s layer: There is no QEMU/);
});

test('where nothing had to run, the page says so, and shows no timeline', (t) => {
  const restored = ended(1, 'FROM vm/debian:12', { layerfile: 'Layerfile', outcome: 'restored', savedMs: 21_000 });
  const run = new ScriptedRun()
    .at(0, build('Layerfile', 1))
    .at(9, restored, result({ restored: 1, durationMs: 9, savedMs: 21_000 }));
  const page = pageOf(run.finish());
  t.regex(textOf(page), /✓ Nothing had to run 1 restored in 0\.01 s/);
  t.regex(textOf(page), /Timeline Nothing ran/);
  t.regex(textOf(page), /FROM vm\/debian:12 saved 21\.0 s ✓ restored/);
});

test('the graph has a card for each Layerfile and an arrow for each need', (t) => {
  const page = pageOf(monorepo());
  t.is(page.match(/<a class="card /g)?.length, 5);
  t.is(page.match(/<path class="FROM" d="M[1-9]/g)?.length, 3);
  t.is(page.match(/<path class="WAIT" d="M[1-9]/g)?.length, 2);
  t.true(
    valuesOf(page, 'title').some((title) =>
      /^api, services\/api\/Layerfile, 1 failed.*, FROM base\/Layerfile$/.test(title),
    ),
  );
});

test('many that need the same and that nothing needs have one arrow together', (t) => {
  const run = new ScriptedRun().at(0, build('base/Layerfile', 1));
  for (let index = 0; index < 30; index++)
    run.at(1, build(`p${index}/Layerfile`, 1, { needs: [from('base/Layerfile')] }));
  const page = pageOf(run.finish());
  t.is(page.match(/<a class="card /g)?.length, 31);
  t.is(page.match(/<path class="FROM" d="M[1-9]/g)?.length, 1);
});

test('every bar of the timeline can be reached by keyboard and says what it is', (t) => {
  const page = pageOf(monorepo());
  const bars = page.match(/<(?:a|span) class="bar [^>]*>/g) ?? [];
  t.is(bars.length, 12);
  for (const bar of bars) t.regex(bar, / aria-label="[^"]+"/);
  for (const bar of bars) t.regex(bar, / (href|tabindex)="/);
  t.true(
    valuesOf(page, 'aria-label').includes(
      '3 RUN npm ci\nran, 8.1 s from 0.51 s on\nbecause services/web/package.json changed\n7.7 MiB saved in 0.06 s',
    ),
  );
});
