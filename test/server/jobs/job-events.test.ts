import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import { EventLog, type LogLine } from '../../../server/jobs/event-log.ts';
import { JobEvents } from '../../../server/jobs/job-events.ts';
import { mendLog } from '../../../server/jobs/log-file.ts';

const END = '{"atMs":9,"event":"end","state":"failed","reason":null}';

function place(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-events-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, '1.jsonl');
}

function eventsOf(path: string, log: EventLog | null): JobEvents {
  return new JobEvents(async () => Promise.resolve({ path, log, endLine: () => END }));
}

async function all(events: JobEvents, from = 0, signal?: AbortSignal): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of events.read(from, signal === undefined ? {} : { signal })) lines.push(line);
  return lines;
}

function output(text: string) {
  return { event: 'output', layerfile: 'Layerfile', step: 2, stream: 'stdout', text };
}

function end(log: EventLog): void {
  log.append({ event: 'end', state: 'succeeded', reason: null });
  log[Symbol.dispose]();
}

test('what was written is read, line by line, with the byte to go on from, and then what comes', async (t) => {
  const path = place(t);
  const log = new EventLog(path, () => 5);
  const reading = all(eventsOf(path, log));
  log.append(output('one\n'));
  await new Promise(setImmediate);
  log.append(output('zwölf\n'));
  log.append(output('three'));
  end(log);
  const lines = await reading;
  t.is(lines.map(({ line }) => `${line}\n`).join(''), readFileSync(path, 'utf8'));
  t.deepEqual(JSON.parse(lines[1]?.line ?? ''), { atMs: 5, ...output('zwölf\n') });
  t.is(lines.at(-1)?.id, readFileSync(path).length);
  const again = await all(eventsOf(path, null), lines[1]?.id);
  t.deepEqual(again, lines.slice(2));
});

test('a log without its end, as a kill leaves it, is read with one; a half line is no line', async (t) => {
  const path = place(t);
  writeFileSync(path, '{"a":1}\n{"b":');
  t.deepEqual(await all(eventsOf(path, null)), [
    { id: 8, line: '{"a":1}' },
    { id: 8, line: END },
  ]);
  t.deepEqual(await all(eventsOf(path, null), 8), [{ id: 8, line: END }]);
  t.deepEqual(await all(eventsOf(`${path}.none`, null)), [{ id: 0, line: END }]);
  mendLog(path, END);
  t.is(readFileSync(path, 'utf8'), `{"a":1}\n${END}\n`);
  t.deepEqual(await all(eventsOf(path, null), 8 + END.length + 1), []);
  mendLog(`${path}.none`, END);
  t.is(readFileSync(`${path}.none`, 'utf8'), `${END}\n`);
});

test('mending finds the last line however long what follows is', (t) => {
  const path = place(t);
  writeFileSync(path, `{"a":1}\n${'x'.repeat(300_000)}`);
  mendLog(path, END);
  t.is(readFileSync(path, 'utf8'), `{"a":1}\n${END}\n`);
});

test('from whatever byte one goes on, live or not: from the line that begins there, or the next one', async (t) => {
  const path = place(t);
  const log = new EventLog(path, () => 5);
  const texts = fc.sample(fc.string({ unit: 'grapheme', maxLength: 30 }), { numRuns: 40, seed: 3 });
  for (const text of texts) log.append(output(text));
  await new Promise(setImmediate);
  const whole = readFileSync(path);
  const borders = [0, ...[...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1)];
  const complete = all(eventsOf(path, log));
  const property = fc.asyncProperty(fc.integer({ min: 0, max: whole.length + 10 }), async (from) => {
    const first = borders.find((border) => border >= from) ?? whole.length;
    for (const live of [true, false]) {
      const read: LogLine[] = [];
      const wanted = borders.filter((border) => border > first).length;
      const lines = eventsOf(path, live ? log : null).read(from);
      while (read.length < wanted) read.push((await lines.next()).value as LogLine);
      await lines.return?.();
      t.deepEqual(
        read.map(({ id }) => id),
        borders.filter((border) => border > first),
      );
    }
  });
  await fc.assert(property, { numRuns: 100 });
  end(log);
  t.is((await complete).length, texts.length + 1);
});

test('a reader that falls behind what is remembered reads the file', async (t) => {
  const path = place(t);
  const log = new EventLog(path);
  for (let number = 0; number < 3000; number++) {
    log.append(output(`${number} ${'x'.repeat(500)}`));
    if (number % 100 === 0) await new Promise(setImmediate);
  }
  const reading = all(eventsOf(path, log));
  end(log);
  const lines = await reading;
  t.is(lines.length, 3001);
  t.is(lines.map(({ line }) => `${line}\n`).join(''), readFileSync(path, 'utf8'));
});

test('a reader that waits hears that nobody listens any more', async (t) => {
  const path = place(t);
  using log = new EventLog(path);
  const controller = new AbortController();
  const aborted = all(eventsOf(path, log), 0, controller.signal);
  const left = eventsOf(path, log).read();
  const next = left.next();
  await new Promise(setImmediate);
  controller.abort();
  t.deepEqual(await aborted, []);
  await left.return?.();
  t.deepEqual(await next, { value: undefined, done: true });
});

test('who does not follow gets what there is', async (t) => {
  const path = place(t);
  using log = new EventLog(path);
  log.append(output('one'));
  await new Promise(setImmediate);
  const lines = eventsOf(path, log).read(0, { follow: false });
  t.regex(((await lines.next()).value as LogLine).line, /one/);
  t.true((await lines.next()).done);
});

test('a line too long for anybody is left out, and said', async (t) => {
  const path = place(t);
  const log = new EventLog(path, () => 5);
  log.append(output('x'.repeat(2 ** 21)));
  log.append(output('after'));
  end(log);
  const lines = await all(eventsOf(path, null));
  t.is(lines.length, 3);
  t.like(JSON.parse(lines[0]?.line ?? ''), {
    event: 'warning',
    text: '1 event is missing here: too long, or the disk was full',
  });
  appendFileSync(path, `${'y'.repeat(2 ** 21 + 17)}\n`);
  t.like(
    (await all(eventsOf(path, null))).slice(0, 3),
    lines.map(({ id }) => ({ id })),
  );
});

test('200 readers at once get everything, and cost little', async (t) => {
  const path = place(t);
  const log = new EventLog(path, () => 5);
  const readers = Array.from({ length: 200 }, async () => all(eventsOf(path, log)));
  const before = process.cpuUsage();
  for (let number = 0; number < 200; number++) {
    log.append(output(`line ${number}\n`));
    await new Promise(setImmediate);
  }
  end(log);
  const read = await Promise.all(readers);
  const { user, system } = process.cpuUsage(before);
  t.true(read.every((lines) => lines.length === 201 && lines[7]?.line.includes('line 7')));
  t.log(`40,000 lines delivered in ${Math.round((user + system) / 1000)} ms of CPU`);
});
