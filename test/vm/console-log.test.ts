import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

import test from 'ava';

import { ConsoleLog } from '../../vm/console-log.ts';
import { Scratch } from '../helpers/shared-base.ts';

test('of a console that prints without end the last words are kept, and no more', async (t) => {
  using scratch = new Scratch();
  const path = join(scratch.make(), 'console');
  const server = createServer({ pauseOnConnect: true }).listen(path);
  const theirs = connect(path);
  const [ours] = (await once(server, 'connection')) as [Socket];
  server.close();
  const log = new ConsoleLog(ours);
  const flood = Buffer.alloc(1 << 20, 'noise\n');
  for (let times = 20; times > 0; times--) theirs.write(flood);
  for (const word of ['the ', 'last ', 'words\n']) theirs.write(word);
  theirs.end();
  await log.ended;
  t.is(log.tail().length, 4000);
  t.true(log.tail().endsWith('noise\nnoisthe last words\n'), log.tail().slice(-40));
});
