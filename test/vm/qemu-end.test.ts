import test from 'ava';

import { endedFromOutside } from '../../vm/qemu-end.ts';

test('a QEMU that ended by itself, by its own fault, or runs, was not ended from outside', (t) => {
  for (const signal of [null, 'SIGSEGV', 'SIGABRT'] as const) t.is(endedFromOutside(signal, '/home'), null);
});

test('what ended it is told, and what to do where memory may have run out', (t) => {
  t.like(endedFromOutside('SIGTERM', '/home'), {
    code: 'MACHINE_DIED',
    message: 'The machine ended unexpectedly (SIGTERM)',
    hint: undefined,
  });
  t.regex(endedFromOutside('SIGKILL', '/home')?.hint ?? '', /`dmesg`/);
});

test('memory that the host cannot give is a full place', (t) => {
  t.is(endedFromOutside('SIGBUS', '/home/snapshots/1')?.code, 'CACHE_FULL');
  t.regex(endedFromOutside('SIGBUS', '/home/snapshots/1')?.message ?? '', /\/home\/snapshots\/1$/);
});
