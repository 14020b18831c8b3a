import test from 'ava';

import { decodeChecked, encodeChecked } from '../../util/checked-json.ts';
import { quickHash } from '../../util/quick-hash.ts';

const VALUE = { name: 'é€😀', lines: 'one\ntwo', numbers: [1, 2.5, null] };

test('what was encoded is decoded', (t) => {
  for (const value of [VALUE, [], 0, '']) t.deepEqual(decodeChecked(encodeChecked(value)), value);
});

test('a byte that changed anywhere, and an end that is missing, show', (t) => {
  const bytes = Buffer.from(encodeChecked(VALUE));
  for (const [at, byte] of bytes.entries()) {
    t.is(decodeChecked(Buffer.from(bytes.map((one, index) => (index === at ? byte ^ 1 : one))).toString()), undefined);
    t.is(decodeChecked(bytes.toString('utf8', 0, at)), undefined);
  }
  t.is(decodeChecked('\0'.repeat(bytes.length)), undefined);
});

test('what an earlier version wrote, with a hash in front, is decoded as long as the hash is true', (t) => {
  const text = JSON.stringify(VALUE);
  t.deepEqual(decodeChecked(`${quickHash(text)}\n${text}`), VALUE);
  t.is(decodeChecked(`${quickHash(text)}\n${text.replace('1', '2')}`), undefined);
});
