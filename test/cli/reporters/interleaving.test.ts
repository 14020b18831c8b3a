import test from 'ava';
import fc from 'fast-check';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { PlainReporter } from '../../../cli/reporters/plain.ts';
import { TtyReporter } from '../../../cli/reporters/tty.ts';
import { widthOf } from '../../../cli/text-width.ts';
import type { BuildEvent, StepOutput } from '../../../runner/index.ts';
import { result } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';
import { changed, ScriptedBuild } from './scripted-build.ts';

interface Piece {
  readonly stream: StepOutput['stream'];
  /** `@` stands for the name of the build. */
  readonly text: string;
}

/** What one build, or one copy, tells in its order, and the lines of output that are in it. */
interface Script {
  readonly name: string;
  readonly events: readonly BuildEvent[];
  readonly lines: readonly string[];
}

const STEPS = 3;
const COPIES = 3;

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    text: fc.constantFrom('@ ', '@ line\n', '\n', '@ long '.repeat(30), '漢字 @', 'two @\nlines @\n', '@ 1 %\r@ 2 %\r'),
  }),
  { maxLength: 6 },
);
/** What each step of each of five builds writes. */
const outputs = fc.array(fc.array(pieces, { minLength: STEPS, maxLength: STEPS }), { minLength: 5, maxLength: 5 });
/** Whose event comes next. */
const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 100 });

const [api, web] = [new ScriptedBuild('api', STEPS), new ScriptedBuild('a-much-longer-name-than-others', STEPS)];
const e2e = new ScriptedBuild('e2e', STEPS + 1, { split: { step: 1, copies: COPIES } });
const BUILDS = [api, web, e2e].map((build) => build.build());

/** Two Layerfiles of three steps, of which the second one fails, and three copies of three steps below their SPLIT. */
function scripts(texts: readonly (readonly (readonly Piece[])[])[]): readonly Script[] {
  const copies = [0, 1, 2].map((copy) => e2e.copy(copy));
  return [
    script(api, 'api', 1, texts[0] ?? []),
    script(web, web.name, 1, texts[1] ?? [], 'failed'),
    ...copies.map((build, copy) => script(build, copy === 0 ? 'e2e' : `e2e-${copy + 1}`, 2, texts[copy + 2] ?? [])),
  ];
}

function script(
  build: ScriptedBuild,
  name: string,
  firstStep: number,
  steps: readonly (readonly Piece[])[],
  last: 'ran' | 'failed' = 'ran',
): Script {
  const events = steps.flatMap((written, index) => {
    const step = firstStep + index;
    return [
      build.activity(index === 0 ? 'queue' : 'wait', 'waiting'),
      build.started(step),
      ...written.map(({ stream, text }) => build.output(step, text.replaceAll('@', name), stream)),
      build.ended(step, index === STEPS - 1 ? last : 'ran', changed('package.json')),
    ];
  });
  return { name, events, lines: steps.flatMap((written) => linesOf(written, name)) };
}

function linesOf(written: readonly Piece[], name: string): readonly string[] {
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const ofStream = written.filter((piece) => piece.stream === stream).map(({ text }) => text);
    const lines = ofStream.join('').replaceAll('@', name).split('\n');
    if (lines.at(-1) === '') lines.pop();
    // A progress bar shows what it said last.
    return lines.map((line) => line.replace(/\r+$/, '').split('\r').at(-1)?.trimEnd() ?? '');
  });
}

function interleaved(all: readonly Script[], order: readonly number[]): readonly BuildEvent[] {
  const left = all.map(({ events }) => [...events]);
  const events: BuildEvent[] = [...BUILDS, e2e.ended(1, 'restored')];
  for (let turn = 0; left.some((rest) => rest.length > 0); turn++) {
    const open = left.filter((rest) => rest.length > 0);
    const next = open[(order[turn % order.length] ?? 0) % open.length]?.shift();
    if (next !== undefined) events.push(next);
  }
  return [...events, result({ outcome: 'failed', durationMs: 1000 })];
}

test('however builds are interleaved, a log loses no line, and every line begins with the name of its own build', (t) => {
  fc.assert(
    fc.property(outputs, picks, (texts, order) => {
      const all = scripts(texts);
      const stdout = new RecordedStream();
      const reporter = new PlainReporter(stdout, createPalette(false));
      for (const event of interleaved(all, order)) reporter.event(event);
      reporter.end();
      const lines = stdout.text.split('\n').slice(0, -3);
      for (const { name, lines: expected } of all) {
        const own = lines.filter((line) => line.startsWith(`${name} `));
        const written = own.map((line) => /^\S+ +\d\/\d {2}\|(?: (.*))?$/.exec(line)).filter((match) => match !== null);
        t.deepEqual(written.map(([, text = '']) => text).sort(), [...expected].sort());
      }
      const names = all.map(({ name }) => name);
      for (const line of lines)
        t.true(
          names.some((name) => line.startsWith(`${name} `)),
          line,
        );
    }),
    { numRuns: 40 },
  );
});

test('however builds are interleaved and the window changes, live lines fit into it', (t) => {
  const sizes = fc.array(
    fc.record({ columns: fc.integer({ min: 2, max: 130 }), rows: fc.integer({ min: 1, max: 30 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(outputs, picks, sizes, fc.boolean(), (texts, order, windows, interrupted) => {
      const terminal = {
        isTTY: true,
        columns: 80,
        rows: 24,
        written: '',
        write: (text: string) => (terminal.written = text),
      };
      const controller = new AbortController();
      let nowMs = 0;
      const { signal } = controller;
      const reporter = new TtyReporter(terminal, createPalette(false), { signal, now: () => nowMs });
      for (const [index, event] of interleaved(scripts(texts), order).entries()) {
        Object.assign(terminal, windows[index % windows.length]);
        if (interrupted && index === 20) controller.abort();
        reporter.event(event);
        // What stays is out: the next frame has only live lines.
        reporter.draw();
        [nowMs, terminal.written] = [nowMs + 61_000, ''];
        reporter.draw();
        const lines = terminal.written
          .replace(/^\r(?:\u001b\[\d+A)?/, '')
          .split('\u001b[K\n')
          .slice(0, -1);
        t.true(lines.length <= Math.max(0, terminal.rows - 2), `${lines.length} lines in ${terminal.rows} rows`);
        for (const line of lines) t.true(widthOf(line) < terminal.columns, `${terminal.columns}: ${line}`);
      }
      reporter.end();
    }),
    { numRuns: 40 },
  );
});
