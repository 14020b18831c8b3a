import test from 'ava';

import { maskCredentials, readRepositoryUrl, repositoryName } from '../../runner/repository-url.ts';

for (const [url, name, shown] of [
  ['https://github.com/owner/name.git', 'github.com/owner/name', 'https://github.com/owner/name.git'],
  ['https://GitHub.com/owner/name/', 'github.com/owner/name', 'https://GitHub.com/owner/name/'],
  ['ssh://git@github.com:22/owner/name', 'github.com/owner/name', 'ssh://git@github.com:22/owner/name'],
  ['git@github.com:owner/name.git', 'github.com/owner/name', 'git@github.com:owner/name.git'],
  ['host:path/to/it', 'host/path/to/it', 'host:path/to/it'],
  ['git://host/~user/name', 'host/user/name', 'git://host/~user/name'],
  ['https://token@host/o/n?key=secret#x', 'host/o/n', 'https://***@host/o/n'],
  ['https://user:pass@host:8443/o/n', 'host/o/n', 'https://***@host:8443/o/n'],
  ['ssh://user:pass@host/o/n', 'host/o/n', 'ssh://user:***@host/o/n'],
  ['file:///srv/git/name.git', '/srv/git/name', 'file:///srv/git/name.git'],
  ['/srv/git/name', '/srv/git/name', '/srv/git/name'],
] as const) {
  test(`${url} is ${name}, shown as ${shown}`, (t) => {
    const read = readRepositoryUrl(url);
    if ('problem' in read) return t.fail(read.problem);
    t.is(repositoryName(read), name);
    t.is(read.shown, shown);
    t.is(read.url, url);
  });
}

for (const [url, why] of [
  ['-u/tmp/x', 'begins with `-`'],
  ['--upload-pack=touch', 'begins with `-`'],
  ['ext::sh -c id', 'could run any program'],
  ['fd::3', 'could run any program'],
  ['svn+ssh://host/r', 'none of'],
  ['ssh://-oProxyCommand=id/r', 'part of it begins with `-`'],
  ['ssh://-x@host/r', 'part of it begins with `-`'],
  ['host:-x', 'part of it begins with `-`'],
  ['https:///r', 'names no host'],
  ['../other', 'neither a URL nor an absolute path'],
  ['other', 'neither a URL nor an absolute path'],
] as const) {
  test(`${url} is refused: ${why}`, (t) => {
    const read = readRepositoryUrl(url);
    t.true('problem' in read && read.problem.includes(why));
  });
}

test('what git says is shown without credentials', (t) => {
  t.is(
    maskCredentials(
      "fatal: unable to access 'https://user:pass@host/o/n/': https://tok@h ssh://git:pass@h ssh://git@h",
    ),
    "fatal: unable to access 'https://***@host/o/n/': https://***@h ssh://git:***@h ssh://git@h",
  );
});
