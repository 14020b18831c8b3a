import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { maintain, sweepAbandoned } from '../../../server/git/maintenance.ts';
import { GitServer } from './git-server.ts';
import { Pusher } from './pusher.ts';

const DAY_MS = 24 * 60 * 60_000;

test('what a killed push had set aside is removed after a day, and that of one under way stays', async (t) => {
  await using server = await GitServer.start();
  const { folder } = await server.git.repositories.create('web');
  const [old, young] = ['tmp_objdir-incoming-abc', 'tmp_objdir-incoming-def'].map((name) =>
    join(folder, 'objects', name),
  );
  for (const path of [old!, young!]) mkdirSync(path);
  const then = (Date.now() - 2 * DAY_MS) / 1000;
  utimesSync(old!, then, then);
  sweepAbandoned(folder, Date.now());
  t.deepEqual([existsSync(old!), existsSync(young!)], [false, true]);
});

test('upkeep leaves a repository as whole as it was', async (t) => {
  await using server = await GitServer.start();
  using pusher = new Pusher({ 'a.txt': '1' });
  await pusher.run('push', '-o', 'layer.nowait', server.url('web'), 'main');
  const { repositories } = server.git;
  await maintain(repositories, repositories.open('web')!);
  t.true((await pusher.run('ls-remote', server.url('web'))).stdout.includes('refs/heads/main'));
});
