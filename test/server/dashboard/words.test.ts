import test from 'ava';

import { elapsedText } from '../../../server/dashboard/words/elapsed.ts';
import { countsText, savedText } from '../../../server/dashboard/words/counts.ts';
import { missText } from '../../../server/dashboard/words/miss.ts';
import { instructionLine, printable } from '../../../server/dashboard/words/printable.ts';
import { buttonMessage } from '../../../server/dashboard/words/step-remark.ts';
import { agoText } from '../../../server/dashboard/words/time.ts';
import { missSentence } from '../../../runner/miss-sentence.ts';
import type { Miss } from '../../../runner/index.ts';

test('what goes on is told in whole seconds', (t) => {
  t.is(elapsedText(8999), '8 s');
  t.is(elapsedText(-5), '0 s');
  t.is(elapsedText(192_400), '3 m 12 s');
});

const CHANGED = { reason: 'changed', path: 'package.json' } as const;
const MISSES: readonly Miss[] = [
  { reason: 'evicted' },
  { reason: 'instruction' },
  { reason: 'instruction', was: 'RUN make' },
  { reason: 'instruction', parent: 'base/Layerfile' },
  { reason: 'instruction', machine: { field: 'qemu', was: '7.2.22', now: '8.0.2' } },
  { reason: 'instruction', machine: { field: 'base', was: 'a', now: 'b' } },
  { reason: 'unpublishable', paths: ['a', 'b', 'c'] },
  { ...CHANGED, kind: 'content', was: 'sha256-a', now: 'sha256-b' },
  { ...CHANGED, kind: 'content', was: 'sha256-a', now: 'sha256-a+x' },
  { ...CHANGED, kind: 'content', was: 'sha256-a', now: 'absent' },
  { ...CHANGED, kind: 'absent', was: 'absent', now: 'file' },
  { ...CHANGED, kind: 'listing', was: 'sha256-a', now: 'sha256-b' },
  { ...CHANGED, kind: 'stat', was: 'file 3', now: 'file 4' },
  { ...CHANGED, kind: 'link', was: 'a', now: 'b' },
  { ...CHANGED, kind: 'exists', was: 'file', now: 'folder' },
];

test('why a step ran is said in the words of the command line', (t) => {
  for (const miss of MISSES) t.is(missText(miss, 3, 'RUN make'), missSentence(miss, 3, 'RUN make'));
  t.is(missText({ reason: 'new' }, 1, ''), 'it is new');
  t.is(missText({ reason: 'forced' }, 1, ''), 'it was forced');
});

test('counts leave out what there was none of', (t) => {
  t.is(countsText({ restored: 12, ran: 0, failed: 1 }), '12 restored, 1 failed');
  t.is(savedText(192_000), 'saved 3 m 12 s');
  t.is(savedText(40), '');
});

test('times are told by the greatest unit that fits', (t) => {
  const now = Date.UTC(2026, 10, 22, 12);
  t.is(agoText(now - 30_000, now), 'just now');
  t.is(agoText(now - 3 * 60_000, now), '3 minutes ago');
  t.is(agoText(now - 25 * 3_600_000, now), 'yesterday');
});

test('names of others cannot reorder or break the text around them', (t) => {
  t.is(printable('fix\u202e\u0007\nit'), 'fixit');
  t.is(instructionLine('RUN cat <<E\nx\nE'), 'RUN cat <<E …');
  t.is(buttonMessage('BUTTON Put it\u0000 online?'), 'Put it online?');
  t.is(buttonMessage('BUTTON'), 'Go on?');
});
