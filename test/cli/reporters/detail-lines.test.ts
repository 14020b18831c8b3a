import test from 'ava';

import { detailLines } from '../../../cli/reporters/detail-lines.ts';
import { ended } from '../build-script.ts';

const observed = { content: 2, listing: 0, stat: 1, link: 0, absent: 0, exists: 0 };

test('a step that was not explained has no details', (t) => {
  t.deepEqual(detailLines(ended(3, 'RUN make', { observed })), []);
});

test('what was observed, and what the snapshot takes, costs and saves, is told as far as it is known', (t) => {
  const planned = { taken: true, why: 'step', costsMs: 50, savesMs: 3210 } as const;
  t.deepEqual(detailLines(ended(3, 'RUN make', { observed, planned, snapshotBytes: 5 << 20 })), [
    'observed 2 content, 1 stat',
    'snapshot after this step: takes 5.0 MiB, costs 0.05 s, saves 3.2 s',
  ]);
  t.deepEqual(detailLines(ended(3, 'RUN make', { planned: { ...planned, costsMs: null, savesMs: null } })), [
    'snapshot after this step',
  ]);
});

test('where no snapshot is taken the reason is told', (t) => {
  const planned = { taken: false, costsMs: null, savesMs: null } as const;
  t.deepEqual(detailLines(ended(2, 'MEMORY 1G', { planned: { ...planned, why: 'nothing-done' } })), [
    'no snapshot after this step: it does nothing in the machine',
  ]);
  t.deepEqual(detailLines(ended(2, 'RUN make', { planned: { ...planned, why: 'disabled' } })), [
    'no snapshot after this step: CHECKPOINT disabled above',
  ]);
});
