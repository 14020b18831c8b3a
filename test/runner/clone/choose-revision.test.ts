import test from 'ava';

import { branchName, chooseRevision, wantedRefs } from '../../../runner/clone/choose-revision.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40));
const LISTING = `${A}\tHEAD\n${B}\trefs/heads/main\n${C}\trefs/heads/work\n${A}\trefs/remotes/x/refs/heads/gone\n`;

test('the workspace’s branch comes first, then DEFAULT, then HEAD', (t) => {
  t.deepEqual(chooseRevision(LISTING, { current: 'work', fallback: 'main' }), { ref: 'refs/heads/work', commit: C });
  t.deepEqual(chooseRevision(LISTING, { current: 'other', fallback: 'main' }), { ref: 'refs/heads/main', commit: B });
  t.deepEqual(chooseRevision(LISTING, { current: null, fallback: null }), { ref: 'HEAD', commit: A });
});

test('a ref that only ends like the branch is not the branch', (t) => {
  t.is(chooseRevision(LISTING, { current: 'gone', fallback: null })?.ref, 'HEAD');
});

test('an empty repository has no revision', (t) => {
  t.is(chooseRevision('', { current: 'main', fallback: 'main' }), null);
});

test('each ref is asked for once, and shown as a branch', (t) => {
  t.deepEqual(wantedRefs({ current: 'main', fallback: 'main' }), ['refs/heads/main', 'HEAD']);
  t.is(branchName({ ref: 'refs/heads/feature/x', commit: '' }), 'feature/x');
  t.is(branchName({ ref: 'HEAD', commit: '' }), 'HEAD');
});
