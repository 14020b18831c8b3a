import { type FindingCase, testFindings } from './finding-case.ts';

const NAME_HINT = 'Names are letters, digits and `_`, and do not begin with a digit.';

const cases: readonly FindingCase[] = [
  // RUN, BUTTON.
  {
    line: 'RUN BACKGROUND',
    finding: 'error argument-count 2:1-2:15',
    message: 'RUN BACKGROUND needs a command, but nothing follows it',
    hint: 'Write `RUN BACKGROUND make test`, for example.',
  },
  {
    line: 'RUN <<EOF\nEOF',
    finding: 'error argument-count 2:1-3:4',
    message: 'RUN needs a command, but its here-document is empty',
    hint: 'Write `RUN make test`, for example.',
  },
  {
    line: 'BUTTON',
    finding: 'error argument-count 2:1-2:7',
    message: 'BUTTON needs a message, but nothing follows it',
    hint: 'Write `BUTTON Deploy to production`, for example.',
  },
  // COPY, CLONE and the other paths.
  {
    line: 'COPY a',
    finding: 'error argument-count 2:1-2:7',
    message: 'COPY needs a source and a destination, but only `a` follows it',
    hint: 'Write `COPY a a`, for example.',
  },
  {
    line: 'COPY a b c',
    finding: 'error not-a-folder 2:10-2:11',
    message: 'COPY of 2 sources needs a folder as destination, but `c` does not end with `/`',
    hint: 'Write `c/`.',
  },
  {
    line: 'COPY ../../a .',
    finding: 'error outside-workspace 2:6-2:13',
    message: '`../../a` leads out of the workspace',
    hint: 'Write a path inside the workspace; a leading `/` means its root.',
  },
  {
    line: 'COPY <<EOF /a',
    finding: 'error not-supported 2:1-2:14',
    message: 'COPY takes no here-documents',
    hint: 'Write the file with `RUN cat > file <<EOF`.',
  },
  {
    line: 'CACHE',
    finding: 'error argument-count 2:1-2:6',
    message: 'CACHE needs a path, but nothing follows it',
  },
  {
    line: 'WAIT',
    finding: 'error argument-count 2:1-2:5',
    message: 'WAIT needs the folder of another Layerfile, but nothing follows it',
  },
  {
    line: 'WAIT ../base ../app',
    finding: 'error wait-itself 2:14-2:20',
    message: 'WAIT `../app` names this Layerfile itself, so it would wait for ever',
    hint: 'Name another Layerfile, or remove the line.',
  },
  {
    line: 'WAIT ./Layerfile',
    finding: 'error wait-itself 2:6-2:17',
    message: 'WAIT `./Layerfile` names this Layerfile itself, so it would wait for ever',
    hint: 'Name another Layerfile, or remove the line.',
  },
  {
    line: 'WORKDIR my app',
    finding: 'error argument-count 2:12-2:15',
    message: 'WORKDIR takes one folder, but `app` follows the first',
    hint: 'If the name has blanks, write `WORKDIR "my app"`.',
  },
  {
    line: 'CLONE https://example.com/a.git',
    finding: 'error argument-count 2:1-2:32',
    message: 'CLONE needs a URL and a destination, but only `https://example.com/a.git` follows it',
    hint: 'Write `CLONE https://example.com/owner/name.git DEFAULT=main /name`, for example.',
  },
  {
    line: 'CLONE u DEFAULT= /a',
    finding: 'error invalid-value 2:9-2:17',
    message: 'DEFAULT= needs the name of a branch',
  },
  // Variables.
  {
    line: 'ENV',
    finding: 'error argument-count 2:1-2:4',
    message: 'ENV needs KEY=value, but nothing follows it',
    hint: 'Write `ENV KEY=value`; put a value with blanks in quotes.',
  },
  {
    line: 'ENV A',
    finding: 'error argument-count 2:5-2:6',
    message: 'ENV `A` has no value',
    hint: 'Write `ENV KEY=value`; put a value with blanks in quotes.',
  },
  {
    line: 'ENV A = b',
    finding: 'error blank-around-equals 2:7-2:8',
    message: 'ENV `A` has a blank before its `=`',
    hint: 'Write `KEY=value` without blanks around `=`.',
  },
  {
    line: 'ENV a=b c d',
    finding: 'warning key-without-equals 2:9-2:10',
    message: 'ENV `c` is set without `=`',
    hint: 'Write `ENV c=d`.',
  },
  {
    line: 'ENV OPTIONS -a -b',
    finding: 'warning key-without-equals 2:5-2:12',
    message: 'ENV `OPTIONS` is set without `=`',
    hint: 'Write `ENV OPTIONS=-a" "-b`.',
  },
  {
    line: 'ENV 1A=b',
    finding: 'error invalid-name 2:5-2:9',
    message: '`1A` is not the name of a variable',
    hint: NAME_HINT,
  },
  {
    line: 'ENV A=1 B=2 A=3',
    finding: 'warning duplicate-key 2:13-2:16',
    message: 'ENV sets `A` twice, and the last one holds',
  },
  {
    line: 'BUILD ENV',
    finding: 'error argument-count 2:1-2:10',
    message: 'BUILD ENV needs the name of a variable, but nothing follows it',
  },
  {
    line: 'BUILD ENV A=b',
    finding: 'error invalid-name 2:11-2:14',
    message: 'BUILD ENV takes names of variables, but found `A=b`',
    hint: 'Write `BUILD ENV A`.',
  },
  {
    line: 'SECRET ENV ${KEY}',
    finding: 'error invalid-name 2:12-2:18',
    message: 'SECRET ENV takes names of variables, but found `${KEY}`',
    hint: 'Write `SECRET ENV KEY`.',
  },
  {
    line: 'LABEL display_nam=a',
    finding: 'error label-unknown 2:7-2:20',
    message: 'unknown label `display_nam`',
    hint: 'Did you mean `display_name`?',
  },
  {
    line: 'LABEL maintainer=me',
    finding: 'error label-unknown 2:7-2:20',
    message: 'unknown label `maintainer`',
    hint: 'Known labels are `display_name` and `status`.',
  },
  {
    line: 'LABEL status=display',
    finding: 'warning invalid-value 2:7-2:21',
    message: 'the status `display` has no meaning',
    hint: 'Write `status=merge` or `status=hidden`, or leave the label out.',
  },
  {
    line: 'LABEL name',
    finding: 'error invalid-value 2:7-2:11',
    message: 'LABEL takes key=value, but found `name`',
    hint: 'Write `LABEL display_name=tests`; put a value with blanks in quotes.',
  },
];

testFindings(cases);
