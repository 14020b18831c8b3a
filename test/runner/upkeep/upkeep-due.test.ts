import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { isUpkeepDue, stampUpkeep } from '../../../runner/upkeep/upkeep-due.ts';
import { FakeProject } from '../fake-project.ts';

const SECOND_MS = 1000;

test('upkeep is due an hour after the last one, and in a new home an hour later', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'layer-due-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const due = (seconds: number): boolean => isUpkeepDue({ home, nowMs: Date.now() + seconds * SECOND_MS });
  t.false(due(0));
  t.false(due(3590));
  t.true(due(3610));
  stampUpkeep(home);
  t.false(due(3590));
});

test('upkeep is due at once where snapshots take more than they may, but not again within a minute', async (t) => {
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\n' });
  await project.run();
  const { home } = project;
  const due = (keepBytes: number, seconds: number): boolean =>
    isUpkeepDue({ home, keepBytes, nowMs: Date.now() + seconds * SECOND_MS });
  t.true(due(1000, 0));
  stampUpkeep(home);
  t.false(due(1000, 50));
  t.true(due(1000, 70));
  t.false(due(1e9, 70));
});
