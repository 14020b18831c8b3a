import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import test from 'ava';

const MODULE = join(import.meta.dirname, '../../cli/forget-typed.ts');
/** Forgets what was typed when it is told to, and says which line it reads then. */
const CHILD = `
import { readSync } from 'node:fs';
const { forgetTyped } = await import(process.env.MODULE);
process.on('SIGUSR2', () => {
  forgetTyped();
  console.log('forgot');
  const bytes = Buffer.alloc(100);
  console.log('read ' + bytes.toString('utf8', 0, readSync(0, bytes)));
  process.exit();
});
setInterval(() => undefined, 1000);
console.log('process ' + process.pid);
`;

test('a line that was typed at a terminal before is not read any more, and the next one is', async (t) => {
  const command = `exec "$NODE" --input-type=module --eval "$CHILD"`;
  const env = { ...process.env, NODE: process.execPath, CHILD, MODULE };
  const child = spawn('script', ['-qec', command, '/dev/null'], { env });
  let written = '';
  const reaches = new Map<string, () => void>();
  child.stdout.on('data', (bytes: Buffer) => {
    written += bytes.toString();
    for (const [text, reached] of reaches) if (written.includes(text)) reached();
  });
  const until = async (text: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    reaches.set(text, () => resolve(undefined));
    if (!written.includes(text)) await promise;
  };
  await until('process ');
  await until('\n');
  child.stdin.write('early\n');
  // The terminal shows a line when it has it.
  await until('early\r\n');
  process.kill(Number(/process (\d+)/.exec(written)?.[1]), 'SIGUSR2');
  await until('forgot');
  child.stdin.write('late\n');
  await once(child, 'close');
  t.regex(written, /read late/);
  t.notRegex(written, /read early/);
});
