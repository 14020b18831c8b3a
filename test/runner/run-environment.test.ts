import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';

import { parseRemote } from '../../runner/git-facts.ts';
import { NO_VARIABLES, RunEnvironment, subdomainOf } from '../../runner/run-environment.ts';

class Checkout implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layer-environment-'));
  readonly root = join(this.#folder, 'project');

  constructor() {
    mkdirSync(this.root);
  }

  git(...args: readonly string[]): string {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...who, ...args], { cwd: this.root, encoding: 'utf8' }).trim();
  }

  environment(
    env: Readonly<Record<string, string>> = {},
    buildEnv: Readonly<Record<string, string>> = {},
  ): RunEnvironment {
    const given = { env: new Map(Object.entries(env)), buildEnv: new Map(Object.entries(buildEnv)) };
    return new RunEnvironment(given, this.root);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const GIT_NAMES = [
  'GIT_TAG',
  'GIT_COMMIT',
  'GIT_SHORT_COMMIT',
  'GIT_COMMIT_TITLE',
  'GIT_BRANCH',
  'SUBDOMAIN',
  'REPOSITORY_NAME',
  'REPOSITORY_OWNER',
];

test('git says what is built', (t) => {
  using checkout = new Checkout();
  checkout.git('init', '--quiet', '--initial-branch', 'feature/New_Login');
  checkout.git('commit', '--quiet', '--allow-empty', '-m', 'add a "login" page\n\nWith details.');
  checkout.git('tag', '-a', 'v1.2', '-m', 'release');
  checkout.git('remote', 'add', 'origin', 'https://user:token@example.org/team/shop.git');
  const environment = checkout.environment();
  const commit = checkout.git('rev-parse', 'HEAD');
  t.deepEqual(Object.fromEntries(GIT_NAMES.map((name) => [name, environment.value(name)])), {
    GIT_TAG: 'v1.2',
    GIT_COMMIT: commit,
    GIT_SHORT_COMMIT: commit.slice(0, 12),
    GIT_COMMIT_TITLE: 'add a "login" page',
    GIT_BRANCH: 'feature/New_Login',
    SUBDOMAIN: 'new-login',
    REPOSITORY_NAME: 'shop',
    REPOSITORY_OWNER: 'team',
  });
});

test('a checkout without a commit or a remote has a branch and a name', (t) => {
  using checkout = new Checkout();
  checkout.git('init', '--quiet', '--initial-branch', 'main');
  const environment = checkout.environment();
  const known = GIT_NAMES.filter((name) => environment.value(name) !== undefined);
  t.deepEqual(known, ['GIT_BRANCH', 'SUBDOMAIN', 'REPOSITORY_NAME']);
  t.is(environment.value('REPOSITORY_NAME'), 'project');
});

test('a detached head has no branch', (t) => {
  using checkout = new Checkout();
  checkout.git('init', '--quiet');
  checkout.git('commit', '--quiet', '--allow-empty', '-m', 'start');
  checkout.git('checkout', '--quiet', '--detach');
  t.is(checkout.environment().value('GIT_BRANCH'), undefined);
  t.is(checkout.environment().value('SUBDOMAIN'), undefined);
  t.is(checkout.environment({}, { GIT_BRANCH: 'a/b' }).value('SUBDOMAIN'), 'b', 'the branch that was given counts');
});

test('a folder that is no checkout has nothing from git', (t) => {
  using checkout = new Checkout();
  t.deepEqual(
    GIT_NAMES.map((name) => checkout.environment().value(name)),
    GIT_NAMES.map(() => undefined),
  );
});

test('another repository that the surrounding variables name is not asked', (t) => {
  using checkout = new Checkout();
  using other = new Checkout();
  for (const [one, branch] of [
    [checkout, 'mine'],
    [other, 'other'],
  ] as const)
    one.git('init', '--quiet', '--initial-branch', branch);
  process.env['GIT_DIR'] = join(other.root, '.git');
  try {
    t.is(checkout.environment().value('GIT_BRANCH'), 'mine');
  } finally {
    delete process.env['GIT_DIR'];
  }
});

test('--build-env wins over --env, and both over everything else', (t) => {
  using checkout = new Checkout();
  const environment = checkout.environment(
    { A: 'env', B: 'env', CI: 'env' },
    { B: 'build', GIT_COMMIT: '0123456789abcdef' },
  );
  t.is(environment.value('A'), 'env');
  t.is(environment.value('B'), 'build');
  t.is(environment.value('CI'), 'env');
  t.is(environment.value('LAYER'), 'true');
  t.is(environment.value('GIT_SHORT_COMMIT'), '0123456789ab');
  t.is(environment.value('HOME'), undefined, 'what Layer itself was started with is no part of it');
  t.is(environment.givenSecret('B'), 'env');
  t.is(new RunEnvironment({ env: NO_VARIABLES, buildEnv: NO_VARIABLES }, '/').value('JOB_ID'), undefined);
});

for (const [url, owner, name] of [
  ['https://github.com/owner/name.git', 'owner', 'name'],
  ['https://user:secret@gitlab.com/group/sub/name/', 'group/sub', 'name'],
  ['git@github.com:owner/name.git', 'owner', 'name'],
  ['ssh://git@host:2222/owner/name', 'owner', 'name'],
  ['host:name.git', undefined, 'name'],
  ['file:///srv/git/name.git', undefined, 'name'],
  ['/srv/git/name.git', undefined, 'name'],
  ['../name', undefined, 'name'],
] as const) {
  test(`the remote ${url} is ${name} of ${owner ?? 'nobody'}`, (t) => {
    t.deepEqual(parseRemote(url), owner === undefined ? { name } : { name, owner });
  });
}

test('no remote is no name', (t) => {
  for (const url of [undefined, '', 'https://example.org/', '/']) t.is(parseRemote(url), undefined);
});

test('a subdomain is a label of a host name, whatever the branch is called', (t) => {
  fc.assert(
    fc.property(fc.string(), (branch) => {
      t.regex(subdomainOf(branch) ?? 'none', /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
  );
  t.is(subdomainOf('Feature/ABC-12_x!'), 'abc-12-x');
  t.is(subdomainOf(`${'a'.repeat(62)}-b`), 'a'.repeat(62));
  t.is(subdomainOf('///'), undefined);
  t.is(subdomainOf(undefined), undefined);
});
