import { machineTest } from './machine-test.ts';
import { outcomes, Project, stepOf } from './project.ts';

const LAYERFILE = `FROM vm/debian:12
COPY . .
RUN echo made > /root/made
USER worker
ENV GREETING="hello there"
RUN echo half > half; exit 3
`;

/** Size, modes: what \`stty -a\` of a terminal shows that a person can go on with. */
const SANE = / icanon .* echo /s;

machineTest(
  'a shell is in the machine after any step, also a failed one, as a RUN would be; nothing it does is kept, and the terminal stays sane',
  async (t) => {
    using project = Project.of({ Layerfile: LAYERFILE, 'input.txt': 'from the workspace\n' });
    const run = await project.run();
    t.is(outcomes(run), 'restored ran ran ran ran failed');
    t.like(stepOf(run, 6), { exitCode: 3, snapshot: null, failedState: true });
    t.regex(run.stderr, /^ {2}hint: `layer shell 6` opens its machine as it was then$/m);

    const piped = await project.start(['shell', '5'], undefined, {}, SCRIPT).ended;
    t.is(piped.stdout, 'made\nfrom the workspace\n/root worker hello there true\nno half\n');
    t.is(piped.exitCode, 5);
    t.regex(piped.stderr, /^layer: Layerfile after step 5 \(ENV GREETING="hello there"\); nothing is kept$/m);

    const command = `${project.layer} shell; echo "ended with $?"; stty -a`;
    const terminal = project.terminal(command);
    const [tty] = await terminal.until(/\/dev\/pts\/\d+/);
    await terminal.until(/layer: Layerfile as step 6 \(RUN .*failed .* ago; nothing is kept/);
    await terminal.until(/main-layerfile:6! \/root\$ $/);
    terminal.type('cat half; echo new > kept; stty size; echo $TERM\r');
    await terminal.until(/half\r\n24 80\r\nxterm\r\n/);
    terminal.resize(tty, 100, 30);
    // The new size is on its way before this line, through the same connection.
    terminal.type('stty size; cat\r');
    await terminal.until(/30 100\r\n/);
    terminal.type('typed\r');
    await terminal.until(/typed\r\ntyped\r\n/);
    terminal.type('\u0003');
    await terminal.until(/\^C\r\n.*main-layerfile:6! \/root\$ $/);
    terminal.type('echo "$?"\r');
    await terminal.until(/130\r\n/);
    for (const pid of project.strayMachines()) process.kill(pid, 'SIGKILL');
    const written = await terminal.end();
    t.regex(written, /\r\nlayer: The (connection to the )?machine ended .*\r\n(  hint: .*\r\n)?ended with 3\r\n/);
    t.regex(written, SANE);

    const again = project.terminal(`${project.layer} shell . 6 -- cat half kept; echo "ended with $?"; stty -a`);
    const rest = await again.end();
    t.regex(rest, /\nhalf\r\ncat: kept: No such file or directory\r\nended with 1\r\n/);
    t.regex(rest, SANE);
    t.deepEqual(project.strayMachines(), []);
  },
);

const SCRIPT = `cat /root/made input.txt
echo "$PWD $(id -un) $GREETING $CI"
test -e half || echo no half
exit 5
`;
