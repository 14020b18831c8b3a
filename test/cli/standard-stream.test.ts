import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';

import { startScript, untilEnded } from './child.ts';

const ROOT = join(import.meta.dirname, '../..');
const PRINT = `
  import { StandardStream } from './cli/standard-stream.ts';
  const stdout = new StandardStream('stdout');
`;

test('what is written to a pipe or a file is there when the process ends, without a stream of Node', async (t) => {
  const script = `${PRINT}
    stdout.write('x'.repeat(300_000));
    await stdout.flushed();
    const told = [stdout.isTTY, stdout.columns ?? null, process.moduleLoadList.includes('NativeModule net')];
    process.stderr.write(JSON.stringify(told));
    process.exit();
  `;
  const ended = await untilEnded(startScript(script));
  t.is(ended.stdout.length, 300_000);
  t.is(ended.stderr, '[false,null,false]');
});

test('a full pipe that is not waited for loses nothing', (t) => {
  // perl makes the pipe non-blocking for all who write to it, and reads only after a while.
  const script = `${PRINT} for (let line = 0; line < 3000; line++) stdout.write(String(line).padEnd(99) + '\\n');
    await stdout.flushed(); process.exit();`;
  const reader =
    'use Fcntl; pipe(R, W); fcntl(W, F_SETFL, O_NONBLOCK | O_WRONLY); if (!fork) { close R; open(STDOUT, ">&W"); exec @ARGV } close W; select(undef, undef, undef, 0.7); print while <R>;';
  const node = [process.execPath, '--no-warnings', '--input-type=module', '-e', script];
  const text = execFileSync('perl', ['-e', reader, '--', ...node], { encoding: 'utf8', cwd: ROOT, maxBuffer: 1 << 24 });
  t.deepEqual(
    text.trimEnd().split(/ *\n/),
    Array.from({ length: 3000 }, (_, line) => String(line)),
  );
});
