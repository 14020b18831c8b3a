import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { jsonText } from '../../../cli/trace/json-format.ts';
import { notices } from '../../../cli/trace/notices.ts';
import { pathsText } from '../../../cli/trace/paths-format.ts';
import { summaryText } from '../../../cli/trace/summary-format.ts';
import { widthOf } from '../../../cli/text-width.ts';
import { endedTrace, ignored, path, rawPath, seen } from './ended-trace.ts';

const PLAIN = { palette: createPalette(false), columns: 80 };

test('the paths format has one line a path: its kinds, whether it is ignored, its name', (t) => {
  const observations = [
    ...seen('listing', ''),
    ...seen('content', 'a'),
    ...seen('stat', 'a'),
    ...ignored(seen('content', 'build/x')),
    ...seen('absent', 'b\nc'),
  ];
  t.is(pathsText({ observations }), 'listing\t-\t.\ncontent,stat\t-\ta\ncontent\tignored\tbuild/x\nabsent\t-\tb\\nc\n');
});

test('the JSON format is one object on one line', (t) => {
  const text = jsonText(['make', '-j4'], endedTrace({ observations: seen('content', 'Grüße'), written: 3 }));
  t.is(text.indexOf('\n'), text.length - 1);
  t.deepEqual(JSON.parse(text), {
    command: ['make', '-j4'],
    exitCode: 0,
    signal: null,
    durationMs: 1235,
    workspace: '/home/me/project',
    folder: '',
    observations: [{ path: 'Grüße', kind: 'content', digest: 'file', ignored: false }],
    written: 3,
    removed: 0,
    leftBehind: 0,
    changedDuringRun: [],
    trouble: null,
  });
});

test('in JSON, a name that is no text has its bytes beside it', (t) => {
  const observations = seen('content', 'x').map((one) => ({ ...one, path: rawPath('caf\xe9') }));
  const { observations: told } = JSON.parse(jsonText(['ls'], endedTrace({ observations }))) as {
    readonly observations: readonly { readonly path: string; readonly pathBase64?: string }[];
  };
  t.is(told[0]?.path, 'caf\ufffd');
  t.is(Buffer.from(told[0]?.pathBase64 ?? '', 'base64').toString('latin1'), 'caf\xe9');
});

test('the summary groups what was observed by its kind, and what is ignored apart', (t) => {
  const observations = [
    ...seen('listing', ''),
    ...seen('content', 'Makefile', 'src/main.c'),
    ...seen('absent', 'GNUmakefile'),
    ...ignored(seen('content', 'node_modules/a/index.js', 'node_modules/b/index.js')),
  ];
  t.is(
    summaryText(['make', '-j 4'], endedTrace({ observations }), PLAIN),
    `
make '-j 4': exit code 0 after 1.2 s
Observed 6 paths in /home/me/project:
  content 2 (read)
    Makefile
    src/main.c
  listing 1 (names in it looked at)
    .
  absent 1 (looked for and not there)
    GNUmakefile
Ignored by git or .layerignore, or of git itself: no run would see it:
  content 2 (read)
    node_modules/a/index.js
    node_modules/b/index.js
`,
  );
});

test('a summary of nothing says so, and names the signal that ended the command', (t) => {
  t.is(
    summaryText(['sleep', '9'], endedTrace({ exitCode: null, signal: 'SIGINT' }), PLAIN),
    '\nsleep 9: ended by SIGINT after 1.2 s\nObserved nothing in /home/me/project\n',
  );
});

test('no line of a summary is wider than the terminal, and none has controls in it', (t) => {
  const names = Array.from(
    { length: 300 },
    (_, index) => `${'long-'.repeat(index % 40)}${index}/\x1b[31m日本語${index}`,
  );
  const trace = endedTrace({ root: `/${'deep/'.repeat(40)}`, observations: seen('content', ...names) });
  for (const columns of [80, 40]) {
    const lines = summaryText(['sh', '-c', 'x'.repeat(200), '\x1b]0;title\x07'], trace, { ...PLAIN, columns }).split(
      '\n',
    );
    t.true(lines.length < 16);
    for (const line of lines) {
      t.true(widthOf(line) <= columns, line);
      t.false(/\p{Cc}/u.test(line), line);
    }
  }
});

test('notices tell of writes, leftovers, edits and trouble, and of nothing where there was nothing', (t) => {
  t.deepEqual(notices(endedTrace()), []);
  const told = {
    written: 2,
    removed: 1,
    leftBehind: 1,
    changedDuringRun: [path('a'), path('b')],
    trouble: 'no rights',
  };
  t.deepEqual(notices(endedTrace(told)), [
    'it wrote 2 files and removed 1 name in the workspace: dropped, nothing there has changed',
    '1 process that it left running was ended',
    'a and 1 more changed while it ran: told is what was there first',
    'not all of it could be traced: no rights',
  ]);
});
