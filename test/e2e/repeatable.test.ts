import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, type Run, stepOf } from './project.ts';

const MAKEFILE = `program: $(patsubst %.c,%.o,$(wildcard *.c))
	gcc -o $@ $^
%.o: %.c count.h
	@echo compiling $<
	@gcc -c -o $@ $<
`;

/** The service has the folder as its working directory and a file of it open; asked, it says what it sees there. */
const SERVICE = `mkfifo /tmp/ask /tmp/answer; exec 5<count.c; while :; do read -r _ </tmp/ask; { cat version.txt; ls; cat <&5; } >/tmp/answer; done`;
const LAYERFILE = `FROM vm/debian:12
WORKDIR /app
COPY . .
RUN BACKGROUND ${SERVICE}
RUN REPEATABLE make && echo >/tmp/ask && cat /tmp/answer
RUN ./program
`;

const count = (value: number): string => `int count(void) { return ${value}; }\n`;

function compiled(run: Run): readonly string[] {
  return [...outputOf(run, 5).matchAll(/compiling (\S+)/g)].map(([, name]) => name ?? '').sort();
}

const RERUN = 'restored restored restored restored ran ran';

machineTest(
  'RUN REPEATABLE rebuilds only what changed, and a service with the folder open lives on in it',
  async (t) => {
    using project = Project.of({
      Layerfile: LAYERFILE,
      Makefile: MAKEFILE,
      'main.c': '#include <stdio.h>\n#include "count.h"\nint main(void) { printf("counted %d\\n", count()); }\n',
      'count.c': count(1),
      'count.h': 'int count(void);\n',
      'version.txt': 'version one\n',
    });
    const first = await project.run();
    t.is(outcomes(first), 'restored ran ran ran ran ran', first.stderr);
    t.deepEqual(compiled(first), ['count.c', 'main.c']);
    t.regex(outputOf(first, 5), /version one\n(.*\n)*program\n(.*\n)*int count/);
    t.is(outputOf(first, 6), 'counted 1\n');

    project.write('count.c', count(2));
    const sameSize = await project.run();
    t.is(outcomes(sameSize), RERUN, sameSize.stderr);
    t.deepEqual(compiled(sameSize), ['count.c'], 'the other object is there, and newer than its source');
    t.is(outputOf(sameSize, 6), 'counted 2\n');
    t.like(stepOf(sameSize, 5).miss, { reason: 'changed', kind: 'content', path: 'count.c' });
    t.is(sameSize.machines, 1);

    project.write('extra.c', '');
    project.write('version.txt', 'version two\n');
    const added = await project.run();
    t.is(outcomes(added), RERUN, added.stderr);
    t.deepEqual(compiled(added), ['extra.c']);
    t.regex(
      outputOf(added, 5),
      /version two\n(.*\n)*extra\.c\n/,
      'the service sees what was edited and what was added',
    );

    project.remove('extra.c');
    project.write('renamed.c', '');
    const renamed = await project.run();
    t.is(outcomes(renamed), RERUN, renamed.stderr);
    t.deepEqual(compiled(renamed), ['renamed.c']);
    t.notRegex(outputOf(renamed, 5), /extra\.c/);

    project.remove('renamed.c');
    project.write('version.txt', 'version one\n');
    project.write('count.c', count(1));
    const reverted = await project.run();
    t.is(outcomes(reverted), 'restored restored restored restored restored restored');
    t.is(reverted.machines, 0);
    t.deepEqual(project.strayMachines(), []);
  },
);
