import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { STEP_PROFILE } from '../../../runner/guest-layout.ts';
import { shellCommand } from '../../../runner/shell/shell-command.ts';

const PLACE = { workingDirectory: '/app', user: 'root', setupFiles: ['/etc/setup.sh'] };
const SHELL = { words: [], atTerminal: true, prompt: 'web:3' };

interface Home {
  readonly bashrc?: string;
  /** Shell text. */
  readonly environment?: string;
  readonly terminal?: string;
}

/** What an interactive shell has in `variable`, in a home folder on this host, with what ENV has set in the place of step.sh. */
function shown(
  t: ExecutionContext,
  variable: string,
  { bashrc = '', environment = '', terminal = 'xterm' }: Home = {},
): string {
  const home = mkdtempSync(join(tmpdir(), 'layer-prompt-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, '.bashrc'), bashrc);
  writeFileSync(join(home, 'environment'), environment);
  const command = shellCommand({ ...PLACE, workingDirectory: home, setupFiles: [] }, SHELL);
  const { stdout } = spawnSync('bash', ['-c', command.replace(STEP_PROFILE, join(home, 'environment'))], {
    input: `printf '<%s>' "$${variable}"\n`,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, TERM: terminal },
  });
  return /<(.*)>/s.exec(stdout)?.[1] ?? '';
}

test('a prompt says which machine this is, in place of those of bash and Debian', (t) => {
  t.is(shown(t, 'PS1'), String.raw`web:3 \w\$ `);
  const debian = String.raw`PS1='\[\e]0;\w\a\]$` + String.raw`{debian_chroot:+($debian_chroot)}\u@\h:\w\$ '`;
  t.is(shown(t, 'PS1', { bashrc: debian }), String.raw`web:3 \w\$ `);
});

test('a prompt of the user’s own stays', (t) => {
  t.is(shown(t, 'PS1', { bashrc: `PS1="it's mine: "` }), "it's mine: ");
  t.is(shown(t, 'PS1', { environment: "export PS1='by ENV> '" }), 'by ENV> ');
});

test('a terminal that the guest knows nothing of is taken for a usual one', (t) => {
  t.is(shown(t, 'TERM', { terminal: 'xterm-of-tomorrow' }), 'xterm-256color');
  t.is(shown(t, 'TERM'), 'xterm');
});

test('a command is run word by word where a RUN would be, and only if that can be entered', (t) => {
  const command = shellCommand(PLACE, { words: ['ls', '-l', "it's"], atTerminal: false, prompt: '' });
  t.regex(command, /\. '\/etc\/setup\.sh'; \} <\/dev\/null && exec -- 'ls' '-l' 'it'\\''s'$/);
  t.regex(
    shellCommand({ ...PLACE, user: 'me' }, { words: [], atTerminal: false, prompt: '' }),
    /^exec setpriv --reuid='me'/,
  );
});
