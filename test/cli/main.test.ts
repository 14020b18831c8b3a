import { readFileSync } from 'node:fs';
import test from 'ava';

import { startNode, startScript, untilEnded } from './child.ts';

test('layer --version prints the version of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  const ended = await untilEnded(startNode('cli/main.ts', '--version'));
  t.deepEqual(ended, { exitCode: 0, signalName: null, stdout: `${version}\n`, stderr: '' });
});

test('an unknown command ends with 2 and leaves stdout alone', async (t) => {
  const ended = await untilEnded(startNode('cli/main.ts', 'rnu'));
  t.is(ended.exitCode, 2);
  t.is(ended.stdout, '');
  t.regex(ended.stderr, /did you mean `run`/);
});

test('a reader that goes away is not an error', async (t) => {
  const child = startNode('cli/main.ts', 'help', 'run');
  child.stdout.destroy();
  t.like(await untilEnded(child), { exitCode: 0, stderr: '' });
});

test('a closed stdout lets what is still to be done go on', async (t) => {
  const child = startScript(`
    import { tolerateClosedReader, flushed } from './cli/output-stream.ts';
    tolerateClosedReader(process.stdout);
    process.stdin.once('data', async () => {
      process.stdout.write('nobody reads this');
      process.stdout.write('nor this');
      await flushed(process.stdout);
      setImmediate(() => {
        process.stderr.write('done');
        process.exit(0);
      });
    });
  `);
  child.stdout.destroy();
  child.stdin.write('go');
  t.like(await untilEnded(child), { exitCode: 0, stderr: 'done' });
});

test('help loads neither the runner nor a reporter', async (t) => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    process.argv.push('help');
    process.on('exit', () => process.stderr.write(loaded.join('\\n')));
    await import('./cli/main.ts');
  `;
  const { stderr } = await untilEnded(startScript(script));
  t.regex(stderr, /cli\/help-text\.ts/);
  t.notRegex(stderr, /\/(runner|reporters|node_modules)\//);
});

test('check reads stdin, and loads neither what runs machines nor the store', async (t) => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    process.argv = ['node', 'layer', 'check', '-', '--json'];
    process.on('exit', () => process.stderr.write(loaded.join('\\n')));
    await import('./cli/main.ts');
  `;
  const child = startScript(script);
  child.stdin.end('FROM vm/debian:12\nRNU make\n');
  const { exitCode, stdout, stderr } = await untilEnded(child);
  t.is(exitCode, 2);
  t.regex(
    stdout,
    /^\{"event":"diagnostic",.*"code":"unknown-instruction".*\}\n\{"event":"result","errors":1,"warnings":0\}\n$/,
  );
  t.regex(stderr, /runner\/check-layerfiles\.ts/);
  t.notRegex(stderr, /\/(fs-tracer|snapshots|vm)\//);
});
