import { type FindingCase, testFindings } from './finding-case.ts';

const cases: readonly FindingCase[] = [
  // Instructions that are none.
  {
    line: 'RNU npm install',
    finding: 'error unknown-instruction 2:1-2:4',
    message: 'unknown instruction `RNU`, did you mean `RUN`?',
    hint: 'Write `RUN npm install`.',
  },
  {
    line: 'SKIP REMIANING IF A=b',
    finding: 'error unknown-instruction 2:1-2:22',
    message: 'unknown instruction `SKIP REMIANING IF`, did you mean `SKIP REMAINING IF`?',
    hint: 'Write `SKIP REMAINING IF A=b`.',
  },
  {
    line: 'RUN_BACKGROUND npm start',
    finding: 'error unknown-instruction 2:1-2:15',
    message: 'unknown instruction `RUN_BACKGROUND`, did you mean `RUN BACKGROUND`?',
    hint: 'Write `RUN BACKGROUND npm start`.',
  },
  {
    line: 'EXPOSE https://localhost:443',
    finding: 'error unknown-instruction 2:1-2:7',
    message: 'unknown instruction `EXPOSE`, did you mean `EXPOSE WEBSITE`?',
    hint: 'Write `EXPOSE WEBSITE https://localhost:443`.',
  },
  {
    line: 'SECRET TOKEN',
    finding: 'error unknown-instruction 2:1-2:7',
    message: 'unknown instruction `SECRET`, did you mean `SECRET ENV`?',
    hint: 'Write `SECRET ENV TOKEN`.',
  },
  {
    line: 'SKIP IF A=b',
    finding: 'error unknown-instruction 2:1-2:12',
    message: 'unknown instruction `SKIP IF`, did you mean `SKIP REMAINING IF`?',
    hint: 'Write `SKIP REMAINING IF A=b`.',
  },
  {
    line: 'SECRET A B',
    finding: 'error unknown-instruction 2:1-2:7',
    message: 'unknown instruction `SECRET`, did you mean `SECRET ENV`?',
    hint: 'Write `SECRET ENV A B`.',
  },
  {
    line: 'SETUPFILE ~/.profile',
    finding: 'error unknown-instruction 2:1-2:10',
    message: 'unknown instruction `SETUPFILE`, did you mean `SETUP FILE`?',
    hint: 'Write `SETUP FILE ~/.profile`.',
  },
  {
    line: 'check point',
    finding: 'error unknown-instruction 2:1-2:12',
    message: 'unknown instruction `check point`, did you mean `CHECKPOINT`?',
    hint: 'Write `CHECKPOINT`.',
  },
  {
    line: 'EXPOSE HTTP localhost:80',
    finding: 'error unknown-instruction 2:1-2:25',
    message: 'unknown instruction `EXPOSE HTTP`, did you mean `EXPOSE WEBSITE`?',
    hint: 'Write `EXPOSE WEBSITE localhost:80`.',
  },
  {
    line: 'MEMORY=2G',
    finding: 'error unknown-instruction 2:1-2:10',
    message: 'unknown instruction `MEMORY=2G`',
    hint: 'Write `MEMORY 2G`.',
  },
  {
    line: '// build',
    finding: 'error unknown-instruction 2:1-2:3',
    message: '`// build` is no comment',
    hint: 'Comments begin with `#`.',
  },
  {
    line: 'RUN\u00a0make',
    finding: 'error invalid-character 2:1-2:9',
    message: 'the character U+00A0 in this word looks like a blank, or like nothing, but is neither',
    hint: 'Delete it, and type a space where one is meant.',
  },
  {
    line: '\\',
    finding: 'error broken-continuation 2:1-2:2',
    message: 'this `\\` continues nothing',
    hint: 'Remove the line.',
  },
  {
    line: 'npm test',
    finding: 'error unknown-instruction 2:1-2:4',
    message: 'unknown instruction `npm`',
    hint: 'To run a command, write `RUN npm test`.',
  },
  {
    line: 'layer copy a b',
    finding: 'error unknown-instruction 2:1-2:6',
    message: 'unknown instruction `layer`',
    hint: 'Write `COPY a b`: the instruction comes first.',
  },
  // What only Dockerfiles say.
  {
    line: 'CMD ["npm", "start"]',
    finding: 'error dockerfile-only 2:1-2:4',
    message: 'CMD is a Dockerfile instruction, not one of Layerfiles',
    hint: 'Write `RUN BACKGROUND command` to start a service, or `RUN command` to run a command to its end.',
  },
  {
    line: 'add a b',
    finding: 'error dockerfile-only 2:1-2:4',
    message: 'ADD is a Dockerfile instruction, not one of Layerfiles',
    hint: 'Write `COPY source... destination`, and fetch URLs with `RUN curl`.',
  },
  {
    line: 'EXPOSE 80',
    finding: 'error dockerfile-only 2:1-2:10',
    message: '`EXPOSE 80` is Dockerfile syntax',
    hint: 'Write `EXPOSE WEBSITE localhost:80` for a website, or `EXPOSE TCP 80` for another server.',
  },
  {
    line: 'EXPOSE 5432/tcp 80',
    finding: 'error dockerfile-only 2:1-2:19',
    message: '`EXPOSE 5432/tcp 80` is Dockerfile syntax',
    hint: 'Write `EXPOSE WEBSITE localhost:5432` for a website, or `EXPOSE TCP 5432` for another server.',
  },
  {
    line: 'COPY --from=build /a /b',
    finding: 'error dockerfile-only 2:6-2:18',
    message: '`COPY --from` is Dockerfile syntax',
    hint: 'Build the other stage in a Layerfile of its own and start `FROM` it; its files are then already in the machine.',
  },
  {
    line: 'COPY --link a b',
    finding: 'error dockerfile-only 2:6-2:12',
    message: '`COPY --link` is Dockerfile syntax',
    hint: 'Leave the flag out: COPY takes sources and a destination.',
  },
  {
    line: 'RUN --mount=type=cache,target=/root/.npm npm ci',
    finding: 'error dockerfile-only 2:5-2:48',
    message: '`RUN --mount` is Dockerfile syntax',
    hint: 'Leave the flag out; write `CACHE path...` above for folders that should last across runs.',
  },
  {
    line: 'RUN ["npm", "run", "it\'s"]',
    finding: 'warning dockerfile-only 2:5-2:27',
    message: '`RUN ["…"]` is Dockerfile syntax',
    hint: "Write `RUN npm run 'it'\\''s'`.",
  },
  // Spelling.
  {
    line: 'run make',
    finding: 'warning keyword-case 2:1-2:4',
    message: 'the instruction `run` is not in capitals',
    hint: 'Write `RUN`.',
  },
  {
    line: 'THEN RUN make',
    finding: 'warning then-prefix 2:1-2:5',
    message: '`THEN` is an old spelling and has no meaning',
    hint: 'Write `RUN` without it.',
  },
  {
    line: 'RUN a && \\\nRUN b',
    finding: 'warning broken-continuation 3:1-3:4',
    message: 'this `RUN` is part of the RUN above, which ends with `\\`',
    hint: 'Remove the `\\` at the end of the line above to begin a new instruction here.',
  },
  {
    line: 'RUN a && \\\n\n  b',
    finding: 'warning broken-continuation 4:3-4:4',
    message: 'an empty line above this one does not end the RUN',
    hint: 'Remove the empty line, or the `\\` above it to end the instruction there.',
  },
  {
    line: 'ENV A="b c',
    finding: 'error unclosed-quote 2:5-2:11',
    message: 'the `"` in `A="b c` is never closed',
    hint: 'Close it, or write a `\\` before it if it is meant literally.',
  },
  {
    line: 'ENV A=$(echo "a" b',
    finding: 'error unclosed-quote 2:5-2:19',
    message: 'the `$(` in `A=$(echo "a" b` is never closed',
    hint: 'Close it, or write a `\\` before it if it is meant literally.',
  },
  {
    line: 'RUN cat <<EOF\na\n EOF\nRUN b',
    finding: 'error unended-here-document 2:9-2:14',
    message: 'the here-document `EOF` is never ended',
    hint: 'Write `EOF` alone on the line behind its text, without blanks.',
  },
  // What is not supported.
  {
    line: 'AWS deploy --all',
    finding: 'error not-supported 2:1-2:17',
    message: 'AWS is not supported',
    hint: 'Write `SECRET ENV` for the credentials and call the `aws` command with `RUN`.',
  },
  {
    line: 'ARTIFACT PUBLIC /a',
    finding: 'error not-supported 2:1-2:19',
    message: 'ARTIFACT PUBLIC is not supported',
    hint: 'Copy the file out with `layer shell`, or upload it with `RUN curl`.',
  },
  // FROM.
  {
    line: 'FROM node:16',
    finding: 'error from-duplicate 2:1-2:13',
    message: 'FROM stands twice: a Layerfile has one start',
    hint: 'Write the second one as a Layerfile in a folder of its own.',
  },
];

testFindings(cases);
