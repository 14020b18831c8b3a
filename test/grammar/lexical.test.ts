import test from 'ava';

import { parseLayerfile } from '../../grammar/index.ts';
import { diagnosticsOf, fieldsOf, instructionsOf, place, textOf, withoutRanges } from './parsing.ts';

test('a continued line becomes one line with one blank for each break', async (t) => {
  t.is(
    await textOf('RUN apt-get update && \\\n    apt-get install a\\\n  b |\\\n\tcat'),
    'RUN apt-get update && apt-get install a b | cat',
  );
});

test('blanks behind the backslash and comment lines between continued lines are dropped', async (t) => {
  t.is(await textOf('RUN a && \\  \n  # why \\\n   b && \\\n#c\n  c'), 'RUN a && b && c');
  t.is(await textOf('ENV A=1 \\\n# two\n  B=2'), 'ENV A=1 B=2');
});

test('blanks inside a command stay as written', async (t) => {
  t.is(await textOf('RUN   echo "a   b"\t  c   '), 'RUN echo "a   b"\t  c');
});

test('a backslash that is itself escaped does not continue the line', async (t) => {
  const instructions = await instructionsOf('FROM vm/debian:12\nRUN echo \\\\\nRUN find . -exec a {} \\; && \\\n  b');
  t.deepEqual(
    instructions.map((instruction) => (instruction as { text: string }).text),
    ['FROM vm/debian:12', 'RUN echo \\\\', 'RUN find . -exec a {} \\; && b'],
  );
});

test('a backslash at the end of the file continues nothing', async (t) => {
  t.is(await textOf('RUN make \\'), 'RUN make');
  t.is(await textOf('RUN make \\\n# the end'), 'RUN make');
  t.is(await textOf('RUN make \\ \\\n'), 'RUN make');
  t.deepEqual(
    (await diagnosticsOf('FROM vm/debian:12\nRUN \\ \\')).map(({ message }) => message),
    ['RUN needs a command, but nothing follows it'],
  );
});

test('quotes may stay open over continued lines', async (t) => {
  t.is(await textOf("RUN echo -e 'a:\\n\\\n  b: c\\n' > f"), "RUN echo -e 'a:\\n b: c\\n' > f");
  t.deepEqual((await fieldsOf('ENV A="x \\\n   y" B=1'))['assignments'], [
    { key: 'A', value: '"x y"' },
    { key: 'B', value: '1' },
  ]);
});

test('a comment needs the start of a line in RUN and BUTTON, a blank before it elsewhere', async (t) => {
  t.is(await textOf('RUN npm ci # all of it'), 'RUN npm ci # all of it');
  t.is(await textOf('BUTTON Deploy # 3'), 'BUTTON Deploy # 3');
  t.is(await textOf('COPY . . # all of it \\'), 'COPY . .');
  t.is(await textOf('COPY a#b c'), 'COPY a#b c');
  t.is(await textOf('   #!/bin/bash\nCHECKPOINT'), 'CHECKPOINT');
});

for (const [name, lineBreak] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
] as const) {
  test(`${name} line ends give the same instructions`, async (t) => {
    const lines = ['# c', 'FROM vm/debian:12', '', 'RUN a && \\', '  # no', '  b', 'RUN <<EOF', 'x', 'EOF', 'COPY . .'];
    const { layerfile, diagnostics } = await parseLayerfile(lines.join(lineBreak), 'Layerfile');
    const expected = await parseLayerfile(lines.join('\n'), 'Layerfile');
    t.deepEqual(layerfile, expected.layerfile);
    t.deepEqual(diagnostics, []);
    t.is(layerfile.instructions.length, 4);
  });
}

test('a byte order mark is not part of the text', async (t) => {
  const { layerfile, diagnostics } = await parseLayerfile('\uFEFFFROM vm/debian:12', 'Layerfile');
  t.deepEqual(diagnostics, []);
  t.is(place(layerfile.instructions[0]!.range), '1:1-1:18');
});

test('a missing last newline, tabs, blank lines and other alphabets are accepted', async (t) => {
  const source = '\n\t \n\tFROM\tvm/debian:12\n \t RUN\techo "máquina 机器 😀"';
  t.deepEqual(
    (await instructionsOf(source)).map((instruction) => (instruction as { text: string }).text),
    ['FROM vm/debian:12', 'RUN echo "máquina 机器 😀"'],
  );
});

test('a here-document belongs to its command, line breaks kept', async (t) => {
  const line = 'RUN cat <<EOF >/x && \\\n  echo done\n# not a comment\n  two \\\nEOF';
  t.deepEqual(await fieldsOf(line), {
    kind: 'RUN',
    command: 'cat <<EOF >/x && echo done\n# not a comment\n  two \\\nEOF',
  });
});

test('several here-documents follow each other', async (t) => {
  const line = "RUN <<A cat >/a && <<'B' cat >/b\none\nA\ntwo\nB";
  t.is((await fieldsOf(line))['command'], "<<A cat >/a && <<'B' cat >/b\none\nA\ntwo\nB");
});

test('a here-document alone is the script', async (t) => {
  t.is((await fieldsOf('RUN <<EOF\necho a\n\nRUN b\nEOF'))['command'], 'echo a\n\nRUN b');
  t.is((await fieldsOf('RUN <<-"EOF"\n\techo a\n\tEOF'))['command'], 'echo a');
  t.is(await textOf('RUN <<EOF\necho a\nEOF'), 'RUN <<EOF\necho a\nEOF');
});

test('a script that names its interpreter is run by it', async (t) => {
  t.is(
    (await fieldsOf('RUN <<EOF\n#!/usr/bin/env python3\nprint("$HOME")\nEOF'))['command'],
    '/usr/bin/env python3 /dev/stdin <<\'EOF\'\n#!/usr/bin/env python3\nprint("$HOME")\nEOF',
  );
});

for (const command of [
  'cat <<< word',
  'echo "<<EOF"',
  "echo '<<EOF'",
  'echo $((1 << 2)) $((a <<EOF))',
  'echo a # <<EOF',
  'echo \\<\\<EOF',
  'let "x = 1<<3"',
]) {
  test(`${command} announces no here-document`, async (t) => {
    t.deepEqual(await instructionsOf(`FROM vm/debian:12\nRUN ${command}\nCHECKPOINT`), [
      { kind: 'FROM', text: 'FROM vm/debian:12', source: { kind: 'image', name: 'debian', tag: '12' } },
      { kind: 'RUN', text: `RUN ${command}`, command },
      { kind: 'CHECKPOINT', text: 'CHECKPOINT', action: 'take', name: null },
    ]);
  });
}

test('lower and mixed case and THEN give the same instruction', async (t) => {
  const plain = await parseLayerfile('FROM vm/debian:12\nRUN BACKGROUND a', 'Layerfile');
  const odd = await parseLayerfile('From vm/debian:12\nTHEN run   Background a', 'Layerfile');
  t.deepEqual(withoutRanges(odd.layerfile), withoutRanges(plain.layerfile));
  t.deepEqual(
    odd.diagnostics.map(({ severity, code }) => `${severity} ${code}`),
    ['warning keyword-case', 'warning then-prefix', 'warning keyword-case'],
  );
});

test('a keyword may go on on the next line', async (t) => {
  t.is(await textOf('RUN\\\n  # why\n  REPEATABLE \\\n make'), 'RUN REPEATABLE make');
  t.is(await textOf('SKIP \\\r\nREMAINING\\\r\n\r\n IF A=b'), 'SKIP REMAINING IF A=b');
});

test('THEN without an instruction behind it is an unknown instruction', async (t) => {
  for (const line of ['THEN', 'THEN # RUN a', 'THEN \\\nRUN a', 'THEN THEN']) {
    const found = await diagnosticsOf(`FROM vm/debian:12\n${line}\nCHECKPOINT`);
    t.true(
      found.some(({ code }) => code === 'unknown-instruction'),
      line,
    );
  }
  t.is(await textOf('THEN then RUN a'), 'RUN a');
});

test('parsing goes on at the next instruction behind a wrong one', async (t) => {
  const source = 'FROM vm/debian:12\nRNU a \\\n  b\nCOPY\nSPLIT 0\nWORKDIR /a';
  const { layerfile } = await parseLayerfile(source, 'Layerfile');
  t.deepEqual(
    layerfile.instructions.map(({ text }) => text),
    ['FROM vm/debian:12', 'WORKDIR /a'],
  );
  t.deepEqual(
    (await diagnosticsOf(source)).map(({ range }) => place(range)),
    ['2:1-2:4', '4:1-4:5', '5:7-5:8'],
  );
});
