import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import ssh2 from 'ssh2';

import { generateKeyPair } from '../../../vm/images/key-pair.ts';
import { Scratch } from '../../helpers/shared-base.ts';

test('every key pair can be read, and its halves belong together', async (t) => {
  for (let count = 0; count < 1500; count++) {
    const pair = await generateKeyPair();
    const own = ssh2.utils.parseKey(pair.private);
    if (own instanceof Error) t.fail(own.message);
    else if (pair.public.split(' ')[1] !== own.getPublicSSH().toString('base64')) t.fail('the halves differ');
  }
  t.pass();
});

test('OpenSSH reads a private key and finds the public one in it', async (t) => {
  using scratch = new Scratch();
  const pair = await generateKeyPair();
  const file = join(scratch.folder, 'key');
  writeFileSync(file, pair.private, { mode: 0o600 });
  const found = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
  t.is(found.split(' ')[1]?.trim(), pair.public.split(' ')[1]);
});
