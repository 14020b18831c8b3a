import test from 'ava';

import { chooseStateFormat, type QemuOffers } from '../../vm/qemu-offers.ts';

const OFFERS: QemuOffers = { binary: 'a', cpuFeatures: 'b', privateObstacle: null, mappedRam: true };
const CLOSED = { ...OFFERS, privateObstacle: 'no way in' };

test('memory is saved through QEMU’s own process where that works, whatever else QEMU can do', (t) => {
  t.is(chooseStateFormat(OFFERS), 'private');
  t.is(chooseStateFormat({ ...OFFERS, mappedRam: false }), 'private');
});

test('where it does not, memory is written at fixed places by a QEMU that can, else as a stream', (t) => {
  t.is(chooseStateFormat(CLOSED), 'mapped-ram');
  t.is(chooseStateFormat({ ...CLOSED, mappedRam: false }), 'stream');
});

test('LAYER_STATE_FORMAT wins over what was found out', (t) => {
  t.is(chooseStateFormat(OFFERS, 'stream'), 'stream');
  t.is(chooseStateFormat(CLOSED, 'private'), 'private');
  t.is(chooseStateFormat(CLOSED, ''), 'mapped-ram');
  t.throws(() => chooseStateFormat(OFFERS, 'quick'), { code: 'USAGE', message: /"quick"/ });
});
