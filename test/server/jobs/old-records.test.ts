import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import type { Job } from '../../../server/jobs/job.ts';
import { removeOldRecords } from '../../../server/jobs/old-records.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = 1000 * DAY_MS;

/** When each job ended, by its number; null: it goes on. */
const ENDED: Readonly<Record<number, number | null>> = {
  1: NOW - 200 * DAY_MS,
  2: null,
  3: NOW - 80 * DAY_MS,
  4: NOW - 200 * DAY_MS,
  5: NOW - 200 * DAY_MS,
};

test('what jobs left goes when they ended long ago, but for the newest, and for what no job is known of', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'layer-records-'));
  t.teardown(() => rmSync(data, { recursive: true }));
  for (const name of [...Object.keys(ENDED), '0', 'lost+found']) {
    mkdirSync(join(data, 'jobs', name), { recursive: true });
    writeFileSync(join(data, 'jobs', name, '1.jsonl'), '{}\n');
  }
  const store = {
    get: (id: number) => (id in ENDED ? ({ id, endedAtMs: ENDED[id] ?? null } as Job) : null),
  };
  const { signal } = new AbortController();
  t.is(await removeOldRecords({ store, folders: { data }, nowMs: NOW, signal, keptJobs: 1 }), 3);
  const left = ['0', '1', '2', '3', '4', '5', 'lost+found'].filter((name) => existsSync(join(data, 'jobs', name)));
  t.deepEqual(left, ['2', '3', '5', 'lost+found']);
  t.is(await removeOldRecords({ store, folders: { data: join(data, 'none') }, nowMs: NOW, signal }), 0);
});
