import test from 'ava';

import { parseLayerfile } from '../../grammar/index.ts';
import { fieldsOf, instructionsOf, place, textOf } from './parsing.ts';

interface Case {
  readonly line: string;
  readonly fields: Record<string, unknown>;
  readonly text?: string;
}

const word = (text: string): { readonly text: string } => ({ text });

const cases: readonly Case[] = [
  { line: 'RUN npm  install', fields: { kind: 'RUN', command: 'npm  install' } },
  { line: 'RUN BACKGROUND npm start', fields: { kind: 'RUN BACKGROUND', command: 'npm start' } },
  { line: 'RUN   REPEATABLE   make', fields: { kind: 'RUN REPEATABLE', command: 'make' }, text: 'RUN REPEATABLE make' },
  {
    line: 'RUN REPEATABLE \\\n  make',
    fields: { kind: 'RUN REPEATABLE', command: 'make' },
    text: 'RUN REPEATABLE make',
  },
  { line: 'COPY . .', fields: { kind: 'COPY', sources: [word('.')], destination: word('.') } },
  {
    line: 'COPY  /web/*.json  ./src app/',
    fields: { kind: 'COPY', sources: [word('/web/*.json'), word('./src')], destination: word('app/') },
    text: 'COPY /web/*.json ./src app/',
  },
  { line: 'COPY a b ~', fields: { kind: 'COPY', sources: [word('a'), word('b')], destination: word('~') } },
  { line: 'COPY a b ..', fields: { kind: 'COPY', sources: [word('a'), word('b')], destination: word('..') } },
  { line: 'COPY "my file" a\\ b/', fields: { kind: 'COPY', sources: [word('my file')], destination: word('a b/') } },
  { line: 'COPY ["my file", "b/"]', fields: { kind: 'COPY', sources: [word('my file')], destination: word('b/') } },
  {
    line: 'ENV A=1 B="x # y" C=$(echo `a b`; echo ")") PATH=$GOPATH/bin:$PATH D=',
    fields: {
      kind: 'ENV',
      assignments: [
        { key: 'A', value: '1' },
        { key: 'B', value: '"x # y"' },
        { key: 'C', value: '$(echo `a b`; echo ")")' },
        { key: 'PATH', value: '$GOPATH/bin:$PATH' },
        { key: 'D', value: '' },
      ],
    },
  },
  {
    line: "ENV URI=mongo+srv://u:p@h/?a=true&w=1 Q='it is'\\''s'",
    fields: {
      kind: 'ENV',
      assignments: [
        { key: 'URI', value: 'mongo+srv://u:p@h/?a=true&w=1' },
        { key: 'Q', value: "'it is'\\''s'" },
      ],
    },
  },
  {
    line: 'ENV a=b c d',
    fields: {
      kind: 'ENV',
      assignments: [
        { key: 'a', value: 'b' },
        { key: 'c', value: 'd' },
      ],
    },
  },
  { line: 'ENV GOPATH ~/go', fields: { kind: 'ENV', assignments: [{ key: 'GOPATH', value: '~/go' }] } },
  {
    line: 'ENV OPTIONS -Da=1 -Xmx2g',
    fields: { kind: 'ENV', assignments: [{ key: 'OPTIONS', value: '-Da=1" "-Xmx2g' }] },
  },
  { line: 'BUILD ENV GIT_BRANCH JOB_ID', fields: { kind: 'BUILD ENV', names: [word('GIT_BRANCH'), word('JOB_ID')] } },
  { line: 'SECRET ENV ssh_key', fields: { kind: 'SECRET ENV', names: [word('ssh_key')] } },
  { line: 'CACHE ~/.npm /var/lib/apt', fields: { kind: 'CACHE', paths: [word('~/.npm'), word('/var/lib/apt')] } },
  { line: 'CHECKPOINT', fields: { kind: 'CHECKPOINT', action: 'take', name: null } },
  { line: 'CHECKPOINT built', fields: { kind: 'CHECKPOINT', action: 'take', name: 'built' } },
  { line: 'CHECKPOINT disabled', fields: { kind: 'CHECKPOINT', action: 'disable', name: null } },
  { line: 'EXPOSE WEBSITE 8080', fields: website('http', 'localhost', 8080, '/', null) },
  { line: 'EXPOSE WEBSITE https://localhost', fields: website('https', 'localhost', 443, '/', null) },
  { line: 'EXPOSE WEBSITE localhost:3000 /api /v1', fields: website('http', 'localhost', 3000, '/api', '/v1') },
  { line: 'EXPOSE WEBSITE http://localhost:3000/', fields: website('http', 'localhost', 3000, '/', null) },
  { line: 'EXPOSE WEBSITE http://[::1]:80 # here', fields: website('http', '[::1]', 80, '/', null) },
  { line: 'EXPOSE WEBSITE https://localhost  : 443', fields: website('https', 'localhost', 443, '/', null) },
  { line: 'EXPOSE TCP 5432', fields: { kind: 'EXPOSE TCP', hostPort: 5432, guestPort: 5432 } },
  { line: 'EXPOSE TCP :15432 :5432', fields: { kind: 'EXPOSE TCP', hostPort: 15432, guestPort: 5432 } },
  { line: 'SPLIT 3', fields: { kind: 'SPLIT', copies: 3, ordered: true } },
  { line: 'SPLIT UNORDERED 64', fields: { kind: 'SPLIT', copies: 64, ordered: false } },
  {
    line: 'WAIT ../base /other/Layerfile',
    fields: { kind: 'WAIT', paths: [word('../base'), word('/other/Layerfile')] },
  },
  { line: 'BUTTON Deploy #1, "now"?', fields: { kind: 'BUTTON', message: 'Deploy #1, "now"?' } },
  {
    line: 'SKIP REMAINING IF A=b AND C != "d e" AND F=~^v[0-9]+\\.x AND G!=~\'a b\'',
    fields: {
      kind: 'SKIP REMAINING IF',
      conditions: [
        { key: 'A', operator: '=', value: 'b' },
        { key: 'C', operator: '!=', value: 'd e' },
        { key: 'F', operator: '=~', value: '^v[0-9]+\\.x' },
        { key: 'G', operator: '!=~', value: 'a b' },
      ],
    },
  },
  {
    line: 'SKIP REMAINING IF A=~(?i)^wip',
    fields: { kind: 'SKIP REMAINING IF', conditions: [{ key: 'A', operator: '=~', value: '(?i:^wip)' }] },
  },
  {
    line: 'SKIP REMAINING IF A=',
    fields: { kind: 'SKIP REMAINING IF', conditions: [{ key: 'A', operator: '=', value: '' }] },
  },
  { line: 'MEMORY 2G', fields: { kind: 'MEMORY', megabytes: 2048 } },
  { line: 'MEMORY 512M', fields: { kind: 'MEMORY', megabytes: 512 } },
  { line: 'MEMORY 2 GiB', fields: { kind: 'MEMORY', megabytes: 2048 } },
  { line: 'MEMORY 1500k', fields: { kind: 'MEMORY', megabytes: 2 } },
  { line: 'WORKDIR ../back-end # there', fields: { kind: 'WORKDIR', folder: '../back-end' } },
  { line: 'WORKDIR "my app"', fields: { kind: 'WORKDIR', folder: 'my app' } },
  { line: 'USER build-er_1', fields: { kind: 'USER', name: 'build-er_1' } },
  {
    line: 'SETUP FILE ~/.nvm/nvm.sh .env',
    fields: { kind: 'SETUP FILE', paths: [word('~/.nvm/nvm.sh'), word('.env')] },
  },
  {
    line: 'LABEL display_name="My tests" status=merge',
    fields: {
      kind: 'LABEL',
      labels: [
        { key: 'display_name', value: 'My tests' },
        { key: 'status', value: 'merge' },
      ],
    },
  },
  {
    line: 'CLONE https://example.com/a.git DEFAULT=main src docs /a',
    fields: {
      kind: 'CLONE',
      url: 'https://example.com/a.git',
      defaultBranch: 'main',
      files: [word('src'), word('docs')],
      destination: word('/a'),
    },
  },
  {
    line: 'CLONE DEFAULT=main git@example.com:a/b.git ~/b',
    fields: {
      kind: 'CLONE',
      url: 'git@example.com:a/b.git',
      defaultBranch: 'main',
      files: [],
      destination: word('~/b'),
    },
  },
  {
    line: 'CLONE https://example.com/a.git /a',
    fields: {
      kind: 'CLONE',
      url: 'https://example.com/a.git',
      defaultBranch: null,
      files: [],
      destination: word('/a'),
    },
  },
];

function website(
  scheme: string,
  host: string,
  port: number,
  path: string,
  rewrite: string | null,
): Record<string, unknown> {
  return { kind: 'EXPOSE WEBSITE', scheme, host, port, path, rewrite };
}

for (const { line, fields, text } of cases) {
  test(`reads ${JSON.stringify(line)}`, async (t) => {
    t.deepEqual(await fieldsOf(line), fields);
    if (text !== undefined) t.is(await textOf(line), text);
  });
}

const sources: readonly (readonly [string, unknown])[] = [
  ['vm/debian:12', { kind: 'image', name: 'debian', tag: '12' }],
  ['vm/image', { kind: 'image', name: 'image', tag: 'latest' }],
  ['../base', { kind: 'layerfile', path: '../base' }],
  ['./b/Layerfile', { kind: 'layerfile', path: './b/Layerfile' }],
  ['/Layerfile', { kind: 'layerfile', path: '/Layerfile' }],
  ['..', { kind: 'layerfile', path: '..' }],
  ['node:16', { kind: 'container', reference: 'node:16' }],
  ['webapp.io/node:16', { kind: 'container', reference: 'webapp.io/node:16' }],
];

for (const [written, source] of sources) {
  test(`reads FROM ${written}`, async (t) => {
    t.deepEqual(await instructionsOf(`FROM ${written}`), [{ kind: 'FROM', text: `FROM ${written}`, source }]);
  });
}

test('every instruction and argument knows its place', async (t) => {
  const { layerfile } = await parseLayerfile(
    'FROM vm/debian:12\n\n  COPY é b \\\n  # no\n\tc/   \nENV A=1',
    'Layerfile',
  );
  const [from, copy, env] = layerfile.instructions;
  t.deepEqual(
    [from, copy, env].map((instruction) => place(instruction!.range)),
    ['1:1-1:18', '3:3-5:4', '6:1-6:8'],
  );
  t.true(copy?.kind === 'COPY');
  if (copy?.kind !== 'COPY') return;
  t.deepEqual(
    [...copy.sources, copy.destination].map(({ range }) => place(range)),
    ['3:8-3:9', '3:10-3:11', '5:2-5:4'],
  );
});

test('the result is plain JSON data', async (t) => {
  const source = cases.map(({ line }) => line).join('\n');
  const result = await parseLayerfile(source, 'Layerfile');
  t.deepEqual(JSON.parse(JSON.stringify(result)), result);
});
