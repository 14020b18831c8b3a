import test from 'ava';
import fc from 'fast-check';

import { formsOf } from '../../../runner/secrets/secret-forms.ts';
import { MaskedTexts, TextMasker } from '../../../runner/secrets/text-masker.ts';

/** `text` in pieces that end at `cuts`. */
function cut(text: string, cuts: readonly number[]): readonly string[] {
  const ends = [...cuts.map((at) => at % (text.length + 1)), text.length].sort((one, other) => one - other);
  return ends.map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
}

function maskPieces(masked: MaskedTexts, pieces: readonly string[]): string {
  const masker = new TextMasker(masked);
  return pieces.map((piece) => masker.push(piece)).join('') + masker.flush();
}

/** Few letters, so that texts begin like secrets, and secrets like each other, again and again. */
const few = (letters: string, size: object): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(letters)), ...size });
const cuts = fc.array(fc.nat(), { maxLength: 20 });

test('a masked stream never holds the secret, and is what replaceAll makes of the whole, wherever it is cut', (t) => {
  const secret = fc.oneof(
    few('ab', { minLength: 1, maxLength: 6 }),
    fc.string({ minLength: 1 }).filter((text) => !text.includes('*')),
  );
  const around = fc.array(fc.oneof(few('ab', { maxLength: 8 }), fc.string(), fc.constant(null)), { maxLength: 12 });
  fc.assert(
    fc.property(secret, around, cuts, (value, parts, places) => {
      const text = parts.map((part) => part ?? value).join('');
      const shown = maskPieces(new MaskedTexts([value]), cut(text, places));
      t.is(
        shown,
        text.replaceAll(value, () => '***'),
      );
      t.false(shown.includes(value));
    }),
    { numRuns: 2000 },
  );
});

test('with all forms of several secrets too, a stream is masked as its whole would be', (t) => {
  const secrets = fc.array(few('ab\n \'"$é', { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      secrets,
      fc.array(fc.nat(20)),
      few('ab\n \'"$\\né', { maxLength: 20 }),
      cuts,
      (values, order, rest, places) => {
        const forms = values.flatMap(formsOf);
        const text = order.map((index) => forms[index] ?? rest).join('');
        const masked = new MaskedTexts(forms);
        const shown = maskPieces(masked, cut(text, places));
        t.is(shown, masked.mask(text));
        // A mask may end where the rest of another secret begins; one that stands alone is gone.
        for (const value of values) t.is(masked.mask(value), '***');
      },
    ),
    { numRuns: 1000 },
  );
});

test('only what may be the beginning of a secret is held back', (t) => {
  const masker = new TextMasker(new MaskedTexts(['hunter2']));
  t.is(masker.push('password: hun'), 'password: ');
  t.is(masker.push('gry'), 'hungry');
  t.is(masker.push('hunter'), '');
  t.is(masker.push('2'), '***');
  t.is(masker.push('hh'), 'h');
  t.is(masker.flush(), 'h');
  t.is(masker.flush(), '');
});

test('of two secrets that begin alike the longer one is masked as a whole', (t) => {
  const masked = new MaskedTexts(['abc', 'abcdef']);
  t.is(maskPieces(masked, ['abc', 'def abc', 'de']), '*** ***de');
});

test('what is masked from now on is also masked in what was held back', (t) => {
  const masker = new TextMasker(new MaskedTexts(['abcd']));
  t.is(masker.push('abc'), '');
  masker.masked = new MaskedTexts(['abcd', 'bcx']);
  t.is(masker.push('x'), 'a***');
});

test('without a secret nothing is changed or held back', (t) => {
  const masker = new TextMasker(new MaskedTexts(['']));
  t.is(masker.push('anything'), 'anything');
  t.is(masker.flush(), '');
});

test('a long secret in many small pieces takes no long time', (t) => {
  const line = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABlwAAAAdzc2gtcn\n';
  const key = Array.from({ length: 40 }, (_, index) => `${index} ${line}`).join('');
  const masked = new MaskedTexts(formsOf(key));
  const pieces = cut(
    `${'some output\n'.repeat(2000)}${key}`,
    Array.from({ length: 500 }, (_, index) => index * 61),
  );
  const started = performance.now();
  t.is(maskPieces(masked, pieces), `${'some output\n'.repeat(2000)}***`);
  t.true(performance.now() - started < 5000);
});
