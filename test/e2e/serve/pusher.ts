import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Project } from '../project.ts';

/** A push that git says was taken. */
export interface Pushed {
  readonly repository: string;
  readonly commit: string;
}

const WHO = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];

/** A clone of a project's repository that pushes one commit after the other to a repository of a server. */
export class Pusher {
  readonly name: string;
  readonly pushed: Pushed[] = [];
  readonly #folder: string;
  #count = 0;

  constructor(project: Project, name: string) {
    this.name = name;
    this.#folder = join(project.temporary, `clone-${name}`);
    execFileSync('git', ['clone', '--quiet', project.repository, this.#folder]);
  }

  /** Puts `text` into `file` for the pushes that follow. */
  edit(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }

  /** False where git did not say that it was taken: then it may have been all the same. */
  async push(remote: string, ...options: readonly string[]): Promise<boolean> {
    this.#git('commit', '--quiet', '--all', '--allow-empty', '-m', `${this.name} ${++this.#count}`);
    const commit = this.#git('rev-parse', 'HEAD');
    const chosen = options.flatMap((option) => ['-o', option]);
    const args = ['push', '--quiet', '--force', ...chosen, remote, 'HEAD:refs/heads/main'];
    const child = spawn('git', args, { cwd: this.#folder, stdio: 'ignore' });
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (exitCode === 0) this.pushed.push({ repository: this.name, commit });
    return exitCode === 0;
  }

  #git(...args: readonly string[]): string {
    return execFileSync('git', [...WHO, ...args], { cwd: this.#folder, encoding: 'utf8' }).trim();
  }
}
