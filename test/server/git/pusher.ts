import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { GitRepository } from '../../helpers/git-repository.ts';

export interface GitRun {
  readonly code: number | null;
  readonly stdout: string;
  /** With what the server says as `remote: ` lines. */
  readonly stderr: string;
}

/** A repository on the pusher's side. git runs beside the server, which is in this process. */
export class Pusher extends GitRepository {
  async run(...args: readonly string[]): Promise<GitRun> {
    const env = {
      ...process.env,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '/bin/false',
      LC_ALL: 'C',
    };
    const child = spawn('git', args, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** What the server said to a push: its lines, without `remote: ` and blanks at the end. */
  static said({ stderr }: GitRun): readonly string[] {
    const lines = stderr.split('\n').filter((line) => line.startsWith('remote:'));
    return lines.map((line) => line.replace(/^remote: ?/, '').trimEnd()).filter((line) => line !== '');
  }
}
