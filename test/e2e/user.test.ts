import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project } from './project.ts';

machineTest('USER makes a user in group root, who owns a home, may write what was copied, and keeps ENV', async (t) => {
  using project = Project.of({
    Layerfile: `FROM vm/debian:12
USER dev
COPY . .
RUN id -un; id -gn; echo $HOME $USER; [ -O ~ ] && echo owner
RUN echo more >> notes.txt && cat notes.txt && echo new > new.txt && rm setup.sh
ENV GREETING="hello from $(id -un)"
RUN echo $GREETING
COPY notes.txt ~/copied.txt
RUN cat ~/copied.txt
RUN BACKGROUND id -un > /tmp/who; sleep 1000
RUN until [ -s /tmp/who ]; do sleep 0.1; done; cat /tmp/who
WORKDIR /srv/app
COPY notes.txt copied/
RUN touch here copied/there && stat -c '%a %U' /srv/app copied
USER root
RUN stat -c '%a %U' /root; id -un; echo $HOME $GREETING
`,
    'notes.txt': 'notes\n',
    'setup.sh': 'exit 7\n',
  });
  const run = await project.run();
  t.is(outcomes(run), `restored${' ran'.repeat(15)}`, run.stderr);
  t.is(outputOf(run, 4), 'dev\nroot\n/home/dev dev\nowner\n');
  t.is(outputOf(run, 5), 'notes\nmore\n');
  t.is(outputOf(run, 7), 'hello from dev\n');
  t.is(outputOf(run, 9), 'notes\n');
  t.is(outputOf(run, 11), 'dev\n');
  t.is(outputOf(run, 14), '775 root\n775 root\n');
  t.is(outputOf(run, 16), '770 root\nroot\n/root hello from dev\n', 'copying into a folder leaves it as it was');
  t.is(project.read('notes.txt'), 'notes\n');
});

machineTest('SETUP FILE is sourced before every later RUN, and is an input of it', async (t) => {
  using project = Project.of({
    Layerfile: `FROM vm/debian:12
COPY . .
RUN echo "[$COLOUR]"
SETUP FILE colours.sh more.sh
RUN echo $COLOUR $SHADE; cd /; paint
`,
    'colours.sh': 'COLOUR=red\npaint() { echo painted $COLOUR; }\nexport -f paint; export COLOUR\n',
    'more.sh': 'export SHADE=dark-$COLOUR\n',
  });
  const run = await project.run();
  t.is(outcomes(run), 'restored ran ran ran ran', run.stderr);
  t.is(outputOf(run, 3), '[]\n');
  t.is(outputOf(run, 5), 'red dark-red\npainted red\n');
  project.write('colours.sh', project.read('colours.sh').replace('red', 'blue'));
  const edited = await project.run();
  t.is(outcomes(edited), 'restored restored restored restored ran');
  t.is(outputOf(edited, 5), 'blue dark-blue\npainted blue\n');
});
