import test from 'ava';

import { COMMAND_NAMES, LISTED_COMMANDS } from '../../cli/command-table.ts';
import { helpText } from '../../cli/help-text.ts';

test('the overview lists every command that people type', (t) => {
  for (const name of LISTED_COMMANDS) t.regex(helpText(null), new RegExp(`^  ${name} `, 'm'));
  t.notRegex(helpText(null), /serve-worker/);
});

test('no help text is wider than 80 columns', (t) => {
  for (const topic of [null, ...COMMAND_NAMES]) {
    for (const line of helpText(topic).split('\n')) t.true(line.length <= 80, line);
  }
});

test('the help of a command shows its usage, its flags and examples', (t) => {
  t.is(
    helpText('check'),
    `Usage: layer check [FLAGS] [PATH...]

Parses and validates the Layerfiles at PATH (default: the current folder), and
prints what is wrong with them. \`-\` stands for stdin. Starts no machine.

Flags:
  -C, --directory DIR    work as if started in DIR
      --json             print for programs: one JSON object a line
      --stdin-path PATH  check stdin as if it were the Layerfile at PATH
      --no-install       fail if something is missing, do not set it up
  -h, --help             print help

Examples:
  layer check                all Layerfiles in this folder
  layer check web/Layerfile  one of them
  layer check --json         findings for editors and programs
`,
  );
});
