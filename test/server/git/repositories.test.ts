import { existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { openDatabase } from '../../../server/database.ts';
import {
  isBranchRef,
  isRepositoryName,
  openRepositories,
  REPOSITORY_TABLES,
  type Repositories,
  shownSettings,
} from '../../../server/git/index.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { GitRepository } from '../../helpers/git-repository.ts';

/** Repositories in a folder of their own. */
class Place implements Disposable {
  data = realpathSync(mkdtempSync(join(tmpdir(), 'layer-repositories-')));

  open(): Repositories & Disposable {
    const database = openDatabase(join(this.data, 'server.sqlite'), [REPOSITORY_TABLES]);
    return Object.assign(openRepositories(database, this.data), { [Symbol.dispose]: () => database[Symbol.dispose]() });
  }

  [Symbol.dispose](): void {
    rmSync(this.data, { recursive: true, force: true });
  }
}

test('a new repository is private, checks what it is given, and leaves upkeep to the server', async (t) => {
  using place = new Place();
  using repositories = place.open();
  const { folder } = await repositories.create('web');
  const config = readFileSync(join(folder, 'config'), 'utf8');
  for (const line of [
    'fsckObjects = "true"',
    'advertisePushOptions = "true"',
    'auto = "0"',
    'denyNonFastForwards = "false"',
  ])
    t.true(config.includes(line), line);
  t.is(statSync(join(place.data, 'repositories')).mode & 0o777, 0o700);
  t.is(readFileSync(join(folder, 'HEAD'), 'utf8'), 'ref: refs/heads/main\n');
});

test('whoever makes a repository that is there gets that one, also two at once', async (t) => {
  using place = new Place();
  using repositories = place.open();
  const made = await Promise.all(['web', 'web', 'web'].map(async (name) => repositories.create(name)));
  t.is(new Set(made.map(({ folder }) => folder)).size, 1);
  t.is(repositories.list().length, 1);
});

test('a repository that a kill left without a note, and those of a folder that was moved, are there again', async (t) => {
  using place = new Place();
  {
    using repositories = place.open();
    await repositories.create('web');
    repositories.change('web', { priority: 5 });
  }
  rmSync(join(place.data, 'server.sqlite'));
  {
    using repositories = place.open();
    t.deepEqual(
      repositories.list().map(({ name }) => name),
      ['web'],
    );
    repositories.change('web', { priority: 7 });
  }
  const moved = `${place.data}-moved`;
  renameSync(place.data, moved);
  place.data = moved;
  using repositories = place.open();
  t.like(repositories.open('web'), { folder: join(moved, 'repositories', 'web.git'), settings: { priority: 7 } });
});

test('settings are kept, checked, and shown without what is secret', async (t) => {
  using place = new Place();
  using repositories = place.open();
  await repositories.create('web');
  const forge = { kind: 'github', cloneUrl: 'https://github.com/acme/web.git' } as const;
  repositories.change('web', { cancelSuperseded: false, forge: { ...forge, token: 'ghp_x', webhookSecret: 's' } });
  const { settings } = repositories.change('web', { forge: { apiUrl: 'https://api.github.com' } });
  t.like(settings, { cancelSuperseded: false, forge: { token: 'ghp_x', apiUrl: 'https://api.github.com' } });
  const shown = JSON.stringify(shownSettings(settings));
  t.false(shown.includes('ghp_x'));
  t.true(shown.includes('"hasToken":true'));
  const urls = [
    'file:///etc',
    'ext::sh -c x',
    'https://user:pw@github.com/x',
    '--upload-pack=x',
    'https://h/a b',
    'ssh://h/x',
  ];
  for (const cloneUrl of urls)
    t.throws(() => repositories.change('web', { forge: { cloneUrl } }), { instanceOf: LayerError }, cloneUrl);
  t.throws(() => repositories.change('web', { forge: { token: 'two\nlines' } }), { instanceOf: LayerError });
  t.throws(() => repositories.change('web', { priority: 1.5 }), { message: /priority/ });
  t.throws(() => repositories.change('none', {}), { instanceOf: LayerError });
  t.is(repositories.open('web')?.settings.forge?.cloneUrl, forge.cloneUrl);
  t.is(repositories.change('web', { forge: null }).settings.forge, null);
});

test('an existing repository is found by its folder, whatever links lead there', async (t) => {
  using place = new Place();
  using repositories = place.open();
  using bare = new GitRepository({}, '--bare');
  repositories.register('shared', bare.folder);
  t.is(repositories.atFolder(`${bare.folder}/objects/..`)?.name, 'shared');
  t.is(repositories.atFolder('/does/not/exist'), null);
  t.false(repositories.isOwn({ folder: bare.folder }));
  t.true(repositories.isOwn(await repositories.create('web')));
});

test("no name of a repository leads out of its folder or into git's options", (t) => {
  using place = new Place();
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '.', '-', '_', '/', '0', 'A', '~', '\0', ' '), maxLength: 12 }),
      (name) => {
        if (!isRepositoryName(name)) return;
        t.is(join(place.data, `${name}.git`), `${place.data}/${name}.git`);
        t.false(name.startsWith('-') || name.startsWith('.') || name.includes('..'));
      },
    ),
  );
  for (const name of ['', '.', '..', 'a.git', 'a.lock', 'A', 'a/b', 'a'.repeat(65)])
    t.false(isRepositoryName(name), name);
  for (const name of ['a', 'web', 'my.repo_1-x', '0', 'a'.repeat(64)]) t.true(isRepositoryName(name), name);
});

test('a name of a branch is one for us exactly where it is one for git', (t) => {
  using repository = new GitRepository();
  const isForGit = (ref: string): boolean => {
    try {
      repository.git('check-ref-format', ref);
      return true;
    } catch {
      return false;
    }
  };
  const names = [
    'main',
    'a/b',
    'a..b',
    'a b',
    'a~',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a//b',
    'a/.b',
    '.a',
    'a.',
    'a/',
    'a.lock',
    'a.lock/b',
    '@{',
    'a@',
    '-x',
    '$(id)',
    '<b>',
    'ä',
    'a\u007f',
  ];
  for (const name of names) t.is(isBranchRef(`refs/heads/${name}`), isForGit(`refs/heads/${name}`), name);
  t.false(isBranchRef('refs/tags/x'));
  t.false(isBranchRef('refs/heads/'));
  t.false(existsSync(join(repository.folder, 'x')));
});
