import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { damagesOf } from './corruption.ts';
import { randomFrom } from './sample.ts';

test('what other homes share by a link is not damaged, and a flip changes one bit', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-damage-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [home, shared] = [join(folder, 'home'), join(folder, 'shared')];
  for (const made of [join(home, 'snapshots'), shared]) mkdirSync(made, { recursive: true });
  symlinkSync(shared, join(home, 'images'));
  writeFileSync(join(shared, 'disk.raw'), 'everybody');
  writeFileSync(join(home, 'snapshots/state'), Buffer.alloc(100));
  const damages = damagesOf(home, 1, randomFrom(1));
  t.deepEqual([...new Set(damages.map(({ file }) => file))], ['snapshots/state']);
  damages.find(({ what }) => what.endsWith('flipped'))?.inflict(home);
  const changed = [...readFileSync(join(home, 'snapshots/state'))].filter((byte) => byte !== 0);
  t.deepEqual([changed.length, [1, 2, 4, 8, 16, 32, 64, 128].includes(changed[0] ?? 0)], [1, true]);
});
