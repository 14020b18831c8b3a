import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Whatever the user has set: names, signing, templates, hooks. */
const NO_SETTINGS = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const WHO = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];
/** A repository that goes with its test needs neither upkeep after each commit nor to outlive the power. */
const PASSING = ['-c', 'maintenance.auto=false', '-c', 'core.fsync=none'];

/** A repository in a temporary folder, on branch `main`, that tests clone from. */
export class GitRepository implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'layer-upstream-'));

  constructor(files: Readonly<Record<string, string>> = {}, ...initFlags: readonly string[]) {
    this.git('init', '--quiet', ...initFlags);
    if (Object.keys(files).length > 0) this.commit(files);
  }

  get url(): string {
    return `file://${this.folder}`;
  }

  git(...args: readonly string[]): string {
    return this.gitBytes(...args)
      .toString('utf8')
      .trim();
  }

  gitBytes(...args: readonly string[]): Buffer {
    const env = { ...process.env, ...NO_SETTINGS };
    return execFileSync('git', [...WHO, ...PASSING, ...args], { cwd: this.folder, env, maxBuffer: 2 ** 30 });
  }

  write(path: string, content: string | Buffer, mode = 0o644): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
  }

  /** Writes the files and commits all that changed; returns the commit. */
  commit(files: Readonly<Record<string, string | Buffer>> = {}): string {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', 'change');
    return this.git('rev-parse', 'HEAD');
  }

  /** Goes to `branch`, made from where it is now if it is not there, and commits the files. */
  commitOn(branch: string, files: Readonly<Record<string, string>>): string {
    this.git('checkout', '--quiet', '-B', branch);
    const commit = this.commit(files);
    this.git('checkout', '--quiet', 'main');
    return commit;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
