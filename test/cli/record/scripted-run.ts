import { RunRecorder } from '../../../cli/record/run-recorder.ts';
import type { RunRecord } from '../../../cli/record/run-record.ts';
import type { BuildEvent, BuildNeed, BuildStarted } from '../../../runner/index.ts';
import { ended, result } from '../build-script.ts';

/** Tells a recorder events at the times that a test names. */
export class ScriptedRun {
  #nowMs = 1000;
  readonly #recorder = new RunRecorder(() => this.#nowMs, Date.UTC(2026, 10, 22, 13, 16, 33));

  /** At `atMs` after the beginning. */
  at(atMs: number, ...events: readonly BuildEvent[]): this {
    this.#nowMs = 1000 + atMs;
    for (const event of events) this.#recorder.event(event);
    return this;
  }

  finish(trouble: string | null = null): RunRecord {
    return this.#recorder.finish(trouble);
  }
}

export function build(layerfile: string, steps: number, about: Partial<BuildStarted> = {}): BuildStarted {
  return { event: 'build', layerfile, name: layerfile.replace(/\/?Layerfile$/, ''), steps, ...about };
}

export function from(layerfile: string): BuildNeed {
  return { kind: 'FROM', layerfile };
}

function waits(layerfile: string): BuildNeed {
  return { kind: 'WAIT', layerfile };
}

const CHANGED = { reason: 'changed', kind: 'content', was: 'sha256:1', now: 'sha256:2' } as const;

/**
 * A base that is restored; `web` goes on from it and runs two steps; `api` is split in two, of which one copy fails; `deploy`
 * waits for both and is skipped; `docs` has nothing to do with them and is restored.
 */
export function monorepo(): RunRecord {
  const web = { layerfile: 'services/web/Layerfile' };
  const api = { layerfile: 'services/api/Layerfile' };
  const copy = (number: number) => ({ ...api, copy: number });
  const base = { layerfile: 'base/Layerfile' };
  const memory = { memoryMib: 512 };
  const left = { ...memory, residentMib: 214, proportionalMib: 131.5 };
  const observed = { content: 412, listing: 38, stat: 961, link: 0, absent: 120, exists: 44 };
  const restored = { outcome: 'restored', savedMs: 21_000 } as const;
  const skipped = { outcome: 'skipped', exitCode: null } as const;
  return new ScriptedRun()
    .at(
      12,
      build(base.layerfile, 3),
      build(web.layerfile, 4, { needs: [from(base.layerfile)], name: 'web' }),
      build(api.layerfile, 5, { needs: [from(base.layerfile)], name: 'api', split: { step: 3, copies: 2 } }),
      build('deploy/Layerfile', 2, { needs: [from(base.layerfile), waits(web.layerfile), waits(api.layerfile)] }),
      build('docs/Layerfile', 2),
    )
    .at(
      20,
      ended(1, 'FROM vm/debian:12', { ...base, ...restored }),
      ended(2, 'RUN apt-get install -y nodejs', { ...base, ...restored, savedMs: 64_000 }),
      ended(3, 'COPY tools /tools', { ...base, ...restored }),
      ended(1, 'FROM vm/debian:12', { layerfile: 'docs/Layerfile', ...restored }),
      ended(2, 'RUN make docs', { layerfile: 'docs/Layerfile', ...restored }),
      ended(1, 'FROM ../../base', { ...web, outcome: 'restored' }),
      ended(1, 'FROM ../../base', { ...api, outcome: 'restored' }),
      { event: 'activity', ...web, activity: 'restore', text: 'restoring the machine' },
      { event: 'machine', ...web, phase: 'begin', ...memory },
      { event: 'activity', ...api, activity: 'queue', text: 'waiting for a processor' },
    )
    .at(420, { event: 'start', ...web, step: 2, line: 2, instruction: 'COPY . .' })
    .at(510, ended(2, 'COPY . .', { ...web, durationMs: 90, miss: { reason: 'new' } }))
    .at(512, { event: 'start', ...web, step: 3, line: 3, instruction: 'RUN npm ci' })
    .at(600, { event: 'activity', ...api, activity: 'restore', text: 'restoring the machine' })
    .at(620, { event: 'machine', ...api, phase: 'begin', ...memory })
    .at(980, {
      event: 'start',
      ...api,
      step: 2,
      line: 2,
      instruction: 'RUN <<EOF\ncreatedb api\npsql -f schema.sql\nEOF',
    })
    .at(
      3400,
      ended(2, 'RUN <<EOF\ncreatedb api\npsql -f schema.sql\nEOF', {
        ...api,
        durationMs: 2420,
        observed,
        miss: { ...CHANGED, path: 'services/api/schema.sql' },
      }),
    )
    .at(3401, { event: 'start', ...api, step: 3, line: 6, instruction: 'SPLIT 2' })
    .at(
      3700,
      ended(3, 'SPLIT 2', {
        ...api,
        durationMs: 299,
        snapshot: 'b2',
        snapshotMs: 280,
        snapshotBytes: 96 << 20,
        miss: { reason: 'instruction' },
      }),
    )
    .at(3710, { event: 'machine', ...api, phase: 'end', ...left })
    .at(
      3720,
      { event: 'activity', ...copy(0), activity: 'restore', text: 'restoring the machine' },
      { event: 'machine', ...copy(0), phase: 'begin', ...memory },
    )
    .at(
      3900,
      { event: 'activity', ...copy(1), activity: 'restore', text: 'restoring the machine' },
      { event: 'machine', ...copy(1), phase: 'begin', ...memory },
    )
    .at(4120, { event: 'start', ...copy(0), step: 4, line: 7, instruction: 'RUN make test SHARD=$SPLIT' })
    .at(4300, { event: 'start', ...copy(1), step: 4, line: 7, instruction: 'RUN make test SHARD=$SPLIT' })
    .at(
      8600,
      ended(3, 'RUN npm ci', {
        ...web,
        durationMs: 8088,
        observed,
        snapshot: 'b1',
        snapshotMs: 64,
        snapshotBytes: 8_123_456,
        restoreMs: 81,
        miss: { ...CHANGED, path: 'services/web/package.json' },
      }),
    )
    .at(8601, { event: 'start', ...web, step: 4, line: 4, instruction: 'RUN npm test' })
    .at(9300, {
      event: 'output',
      ...copy(1),
      step: 4,
      stream: 'stderr',
      text: '\u001b[31mFAIL\u001b[39m orders.test.js\n  expected 3 <b>orders</b>, got 2\n</script><img src=x onerror=alert(1)>\n',
    })
    .at(
      9400,
      ended(4, 'RUN make test SHARD=$SPLIT', {
        ...copy(1),
        outcome: 'failed',
        exitCode: 2,
        durationMs: 5100,
        miss: { reason: 'instruction' },
      }),
    )
    .at(9401, ended(5, 'CHECKPOINT', { ...copy(1), ...skipped }), {
      event: 'machine',
      ...copy(1),
      phase: 'end',
      ...left,
    })
    .at(
      9410,
      ended(4, 'RUN make test SHARD=$SPLIT', { ...copy(0), outcome: 'cancelled', exitCode: null, durationMs: 5290 }),
      ended(5, 'CHECKPOINT', { ...copy(0), ...skipped }),
      { event: 'machine', ...copy(0), phase: 'end', ...left },
    )
    .at(9420, ended(4, 'RUN npm test', { ...web, outcome: 'cancelled', exitCode: null, durationMs: 819 }), {
      event: 'machine',
      ...web,
      phase: 'end',
      ...left,
    })
    .at(
      9425,
      ended(1, 'FROM ../base', { layerfile: 'deploy/Layerfile', ...skipped }),
      ended(2, 'BUTTON Deploy?', { layerfile: 'deploy/Layerfile', ...skipped }),
    )
    .at(9426, {
      event: 'warning',
      ...web,
      step: 3,
      text: 'node_modules/.cache changed while the run was reading it; this run goes on, but is not kept',
    })
    .at(9430, result({ outcome: 'failed', restored: 7, ran: 5, failed: 1, durationMs: 9420, savedMs: 148_000 }))
    .finish();
}

/** A base, `count - 1` Layerfiles in three layers below it, of which every seventh ran something. */
export function generated(count: number): RunRecord {
  const run = new ScriptedRun();
  const path = (index: number): string => `packages/package-${index}/Layerfile`;
  const needsOf = (index: number): readonly BuildNeed[] =>
    index === 0 ? [] : [from(path(Math.floor((index - 1) / 5)))];
  const indices = Array.from({ length: count }, (_, index) => index);
  run.at(5, ...indices.map((index) => build(path(index), 3, { needs: needsOf(index) })));
  for (const index of indices) {
    const layerfile = { layerfile: path(index) };
    const first = ended(1, index === 0 ? 'FROM vm/debian:12' : 'FROM ../parent', { ...layerfile, outcome: 'restored' });
    run.at(6 + index, first);
    if (index % 7 !== 3) {
      run.at(
        6 + index,
        ended(2, 'COPY . .', { ...layerfile, outcome: 'restored' }),
        ended(3, 'RUN make', { ...layerfile, outcome: 'restored', savedMs: 4000 }),
      );
      continue;
    }
    run.at(
      300 + 40 * index,
      { event: 'machine', ...layerfile, phase: 'begin', memoryMib: 512 },
      { event: 'activity', ...layerfile, activity: 'restore', text: 'restoring the machine' },
    );
    run.at(380 + 40 * index, { event: 'start', ...layerfile, step: 2, line: 2, instruction: 'COPY . .' });
    run.at(390 + 40 * index, ended(2, 'COPY . .', { ...layerfile, durationMs: 10, miss: { reason: 'instruction' } }));
    run.at(391 + 40 * index, { event: 'start', ...layerfile, step: 3, line: 3, instruction: 'RUN make' });
    run.at(
      391 + 40 * index + 37 * (index % 11),
      ended(3, 'RUN make', {
        ...layerfile,
        durationMs: 37 * (index % 11),
        snapshot: 'c',
        snapshotMs: 30,
        snapshotBytes: 4_000_000 + index,
        miss: { ...CHANGED, path: `packages/package-${index}/src/main.c` },
      }),
    );
    run.at(900 + 40 * index, {
      event: 'machine',
      ...layerfile,
      phase: 'end',
      memoryMib: 512,
      residentMib: 180,
      proportionalMib: 92,
    });
  }
  return run
    .at(
      1000 + 40 * count,
      result({ restored: 2 * count, ran: count, durationMs: 995 + 40 * count, savedMs: 4000 * count }),
    )
    .finish();
}
