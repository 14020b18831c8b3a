import test from 'ava';

import { explainError } from '../../cli/explain-error.ts';
import { Interrupted } from '../../cli/signals.ts';
import { LayerfileInvalid } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';

test('an error of the environment is told with its cause and its hint, and ends with its own exit code', (t) => {
  const cause = new Error('ENOSPC: no space left on device');
  const error = new LayerError('CACHE_FULL', 'Cannot save step 3', { cause, hint: 'Make room.' });
  t.deepEqual(explainError(error), {
    text: 'layer: Cannot save step 3\n  cause: ENOSPC: no space left on device\n  hint: Make room.',
    exitCode: 3,
  });
});

test('a cause that the message tells already is not told twice', (t) => {
  const error = new LayerError('USAGE', 'Cannot: ENOENT', { cause: new Error('ENOENT') });
  t.deepEqual(explainError(error), { text: 'layer: Cannot: ENOENT', exitCode: 2 });
});

test('what a guest wrote into an error cannot steer the terminal', (t) => {
  const { text } = explainError(new LayerError('MACHINE_DIED', 'It died:\n\u001b[2Jpanic\u0007'));
  t.is(text, 'layer: It died:\npanic');
});

test('a Layerfile that cannot be built is told by its findings, their squiggles untouched', (t) => {
  const findings = 'Layerfile:1:1: error: unknown instruction `RNU`\n  1 |\tRNU\n    |\t^^^';
  t.deepEqual(explainError(new LayerfileInvalid(findings, 2)), {
    text: `${findings}\nlayer: 2 errors, nothing was run`,
    exitCode: 2,
  });
});

test('anything else is an internal error with its stack, and ends with 70', (t) => {
  const { text, exitCode } = explainError(new TypeError('x is undefined'));
  t.is(exitCode, 70);
  t.regex(text, /^layer: Internal error: TypeError: x is undefined\n {4}at .*\n/);
  t.regex(text, /\n {2}hint: This is a bug in Layer/);
  t.is(explainError('a string').exitCode, 70);
});

test('a signal that nobody else explained ends with 130', (t) => {
  t.deepEqual(explainError(new Interrupted('SIGTERM')), { text: 'layer: Interrupted by SIGTERM', exitCode: 130 });
});

test('after a signal every error ends with 130, and an AbortError is told as the signal', (t) => {
  const signal = AbortSignal.abort(new Interrupted('SIGINT'));
  const abortError = new DOMException('This operation was aborted', 'AbortError');
  t.deepEqual(explainError(abortError, signal), { text: 'layer: Interrupted by SIGINT', exitCode: 130 });
  t.is(explainError(new LayerError('MACHINE_DIED', 'It died'), signal).exitCode, 130);
});
