import { constants } from 'node:os';

import test from 'ava';

import { unavailable } from '../../../runner/trace/availability.ts';

const { EACCES, EINVAL, ENOENT, ENOSPC, EPERM } = constants.errno;

test('every reason ends with 3, names what failed, and says what to do', (t) => {
  for (const [failure, message, hint] of [
    [{ stage: 'namespace', errno: ENOSPC, mode: 'user' }, /no user namespaces: .*ENOSPC/, /[Tt]race as root/],
    [{ stage: 'namespace', errno: EPERM, mode: 'root' }, /no mount namespaces: .*EPERM/, /container/],
    [{ stage: 'view', errno: ENOENT, mode: 'root' }, /no FUSE on this system/, /modprobe fuse/],
    [{ stage: 'view', errno: EPERM, mode: 'root' }, /cannot be mounted/, /container must be allowed/],
    [{ stage: 'overlay', errno: EPERM, mode: 'user' }, /overlay over FUSE: .*EPERM/, /Linux 5\.11/],
    [{ stage: 'overlay', errno: EINVAL, mode: 'root' }, /overlay over FUSE: .*EINVAL/, /modprobe overlay/],
  ] as const) {
    const error = unavailable(failure);
    t.is(error.exitCode, 3);
    t.regex(error.message, message);
    t.regex(error.hint ?? '', hint);
  }
});

test('a folder that cannot be entered is told as such', (t) => {
  const { message } = unavailable({ stage: 'directory', errno: EACCES, mode: 'user' });
  t.regex(message, /folder cannot be entered.*EACCES/);
});
