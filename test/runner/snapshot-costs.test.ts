import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

import { rememberSnapshotCosts, snapshotCostMs } from '../../runner/snapshot-costs.ts';
import type { MachineConfig } from '../../vm/index.ts';

const CONFIG: MachineConfig = { accelerator: 'tcg', cpus: 2, memoryMib: 1024, tscKhz: null, kernel: '', initrd: '' };

test('what snapshots took is remembered for each kind of machine, and told as a median of the last ones', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'layer-costs-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  t.is(snapshotCostMs(home, CONFIG), null);
  rememberSnapshotCosts(home, CONFIG, [40.4, 1000]);
  rememberSnapshotCosts(home, CONFIG, [50]);
  t.is(snapshotCostMs(home, CONFIG), 50);
  t.is(snapshotCostMs(home, { ...CONFIG, memoryMib: 512 }), null);
  rememberSnapshotCosts(home, CONFIG, new Array<number>(40).fill(7));
  t.is(snapshotCostMs(home, CONFIG), 7, 'old ones are forgotten');
});

test('a file that cannot be read or written costs nothing', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'layer-costs-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  writeFileSync(join(home, 'snapshot-costs.json'), '{"version":1');
  t.is(snapshotCostMs(home, CONFIG), null);
  rememberSnapshotCosts(join(home, 'snapshot-costs.json'), CONFIG, [1]);
  rememberSnapshotCosts(home, CONFIG, [1]);
  t.is(snapshotCostMs(home, CONFIG), 1);
});
