import { type FindingCase, testFindings } from './finding-case.ts';

const SKIP_HINT = 'Write `SKIP REMAINING IF GIT_BRANCH!=main AND GIT_TAG=~"^v[0-9]"`, for example.';
const WEBSITE_HINT =
  'Write `EXPOSE WEBSITE localhost:8080`, with a path such as `/api` behind it if the site is not at `/`.';
const TCP_HINT = 'Write `EXPOSE TCP 5432`, or `EXPOSE TCP 15432 :5432` to use another port on the host.';
const MEMORY_HINT = 'Write `MEMORY 2G`, with one of the units K, M and G.';

const cases: readonly FindingCase[] = [
  // SKIP REMAINING IF.
  {
    line: 'SKIP REMAINING IF',
    finding: 'error argument-count 2:1-2:18',
    message: 'SKIP REMAINING IF needs a condition, but nothing follows it',
    hint: SKIP_HINT,
  },
  {
    line: 'SKIP REMAINING IF AND A=b',
    finding: 'error condition-syntax 2:19-2:22',
    message: 'the condition begins with AND, but AND stands between two conditions',
    hint: SKIP_HINT,
  },
  {
    line: 'SKIP REMAINING IF A=b AND',
    finding: 'error condition-syntax 2:23-2:26',
    message: 'the condition ends with AND, but another condition must follow it',
    hint: SKIP_HINT,
  },
  {
    line: 'SKIP REMAINING IF A=b AND AND C=d',
    finding: 'error condition-syntax 2:27-2:30',
    message: 'AND stands twice, but one joins two conditions',
    hint: SKIP_HINT,
  },
  {
    line: 'SKIP REMAINING IF A',
    finding: 'error condition-syntax 2:19-2:20',
    message: '`A` is not a condition: expected KEY=value, KEY!=value, KEY=~regex or KEY!=~regex',
    hint: SKIP_HINT,
  },
  {
    line: 'SKIP REMAINING IF A=b C=d',
    finding: 'error condition-syntax 2:19-2:26',
    message: 'the value `b C=d` has blanks',
    hint: 'Put the value in quotes, or write AND between two conditions.',
  },
  {
    line: 'SKIP REMAINING IF A=~[a-',
    finding: 'error invalid-regular-expression 2:19-2:25',
    message: '`[a-` is not a regular expression: unterminated character class',
    hint: 'Escape characters that are meant literally with `\\`, and close every bracket.',
  },
  {
    line: 'SKIP REMAINING IF $A!=b',
    finding: 'warning condition-syntax 2:19-2:24',
    message: 'the name `A` needs no `$`',
    hint: 'Write `A!=b`.',
  },
  {
    line: 'SKIP REMAINING IF "${A}" != "b"',
    finding: 'warning condition-syntax 2:19-2:32',
    message: 'the name `A` needs no `$`',
    hint: 'Write `A!=b`.',
  },
  {
    line: 'SKIP REMAINING IF ${A!=b',
    finding: 'error unclosed-quote 2:19-2:25',
    message: 'the `${` in `${A!=b` is never closed',
    hint: 'Close it, or write a `\\` before it if it is meant literally.',
  },
  {
    line: 'SKIP REMAINING IF A}=b',
    finding: 'error condition-syntax 2:19-2:23',
    message: '`A}=b` is not a condition: expected KEY=value, KEY!=value, KEY=~regex or KEY!=~regex',
    hint: SKIP_HINT,
  },
  {
    line: 'SKIP REMAINING IF A==b',
    finding: 'warning condition-syntax 2:19-2:23',
    message: 'equality is written with one `=`',
    hint: 'Write `A=b`.',
  },
  {
    line: 'SKIP REMAINING IF A=b&C=d',
    finding: 'warning condition-syntax 2:19-2:26',
    message: 'the `&` is part of the value `b&C=d`',
    hint: 'Write AND, with blanks around it, between two conditions.',
  },
  // EXPOSE.
  {
    line: 'EXPOSE WEBSITE',
    finding: 'error argument-count 2:1-2:15',
    message: 'EXPOSE WEBSITE needs an address, but nothing follows it',
    hint: WEBSITE_HINT,
  },
  {
    line: 'EXPOSE WEBSITE ftp://localhost',
    finding: 'error invalid-value 2:16-2:31',
    message: '`ftp://localhost` is not the address of a website',
    hint: WEBSITE_HINT,
  },
  {
    line: 'EXPOSE WEBSITE localhost:65536',
    finding: 'error out-of-range 2:16-2:31',
    message: 'the port `65536` is not between 1 and 65535',
  },
  {
    line: 'EXPOSE WEBSITE localhost / / /',
    finding: 'error argument-count 2:30-2:31',
    message: 'EXPOSE WEBSITE takes an address, a path and a rewrite, but found `/`',
    hint: WEBSITE_HINT,
  },
  {
    line: 'EXPOSE WEBSITE https://localhost  : 443',
    finding: 'warning odd-address 2:16-2:40',
    message: 'the address has blanks around its `:`',
    hint: 'Write `https://localhost:443`.',
  },
  {
    line: 'EXPOSE WEBSITE https://example.com/tags',
    finding: 'warning odd-address 2:16-2:40',
    message: 'the path `/tags` in the address has no meaning',
    hint: 'Write the path that should lead here behind the address, with a blank between.',
  },
  {
    line: 'EXPOSE WEBSITE localhost api',
    finding: 'warning odd-address 2:26-2:29',
    message: 'the path `api` does not begin with `/`',
    hint: 'Write `/api`.',
  },
  {
    line: 'EXPOSE TCP',
    finding: 'error argument-count 2:1-2:11',
    message: 'EXPOSE TCP takes one port or two, but nothing follows it',
    hint: TCP_HINT,
  },
  {
    line: 'EXPOSE TCP 1 2 3',
    finding: 'error argument-count 2:16-2:17',
    message: 'EXPOSE TCP takes one port or two, but `3` follows them',
    hint: TCP_HINT,
  },
  { line: 'EXPOSE TCP a', finding: 'error invalid-value 2:12-2:13', message: '`a` is not a port', hint: TCP_HINT },
  {
    line: 'EXPOSE TCP :0',
    finding: 'error out-of-range 2:12-2:14',
    message: 'the port `0` is not between 1 and 65535',
  },
  // The machine.
  {
    line: 'SPLIT 0',
    finding: 'error out-of-range 2:7-2:8',
    message: 'SPLIT `0` is not between 1 and 64',
    hint: 'Write `SPLIT 3` or `SPLIT UNORDERED 3`.',
  },
  {
    line: 'SPLIT UNORDERED 65',
    finding: 'error out-of-range 2:17-2:19',
    message: 'SPLIT `65` is not between 1 and 64',
    hint: 'Write `SPLIT 3` or `SPLIT UNORDERED 3`.',
  },
  {
    line: 'SPLIT many',
    finding: 'error invalid-value 2:7-2:11',
    message: 'SPLIT takes a number of copies, but found `many`',
    hint: 'Write `SPLIT 3` or `SPLIT UNORDERED 3`.',
  },
  {
    line: 'CHECKPOINT my name',
    finding: 'error argument-count 2:15-2:19',
    message: 'CHECKPOINT takes at most one name, but `name` follows it',
    hint: 'Write `CHECKPOINT`, `CHECKPOINT name` or `CHECKPOINT disabled`.',
  },
  {
    line: 'MEMORY 2048',
    finding: 'error invalid-value 2:1-2:12',
    message: 'MEMORY takes a number and a unit, but found `2048`',
    hint: MEMORY_HINT,
  },
  {
    line: 'MEMORY 0G',
    finding: 'error out-of-range 2:1-2:10',
    message: 'MEMORY `0G` is less than one megabyte',
    hint: MEMORY_HINT,
  },
  {
    line: 'RUN make\nMEMORY 2G',
    finding: 'warning memory-placement 3:1-3:10',
    message: 'MEMORY belongs before the first RUN: it holds for the whole machine',
    hint: 'Move it up, next to FROM.',
  },
  {
    line: 'MEMORY 1G\nMEMORY 2G',
    finding: 'warning duplicate-key 3:1-3:10',
    message: 'MEMORY stands twice, and the last one holds',
  },
  { line: 'USER', finding: 'error argument-count 2:1-2:5', message: 'USER takes one name, but nothing follows it' },
  {
    line: 'USER node:staff',
    finding: 'error invalid-name 2:6-2:16',
    message: '`node:staff` is not the name of a user',
    hint: 'Write `USER node`: users are in the group root.',
  },
];

testFindings(cases);
