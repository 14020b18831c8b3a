import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { noteGround, noteUnrepeatable } from '../util/grounds.ts';
import type { GitFolder } from './git-folder.ts';

/**
 * The file that core.excludesFile names, else git's default place for it (which may not exist); null where it is set to
 * nothing. Git is started only where some configuration mentions the key or includes another file.
 */
export function findExcludesFile(git: GitFolder, environment: NodeJS.ProcessEnv = process.env): string | null {
  const home = environment['HOME'] ?? homedir();
  const xdg = environment['XDG_CONFIG_HOME'];
  const userFolder = join(xdg !== undefined && xdg !== '' ? xdg : join(home, '.config'), 'git');
  const configs = [
    join(git.commonPath, 'config'),
    join(home, '.gitconfig'),
    join(userFolder, 'config'),
    '/etc/gitconfig',
  ];
  const fromEnvironment = Object.keys(environment).some((name) => name.startsWith('GIT_CONFIG'));
  const configured = fromEnvironment || configs.some(mentionsKey) ? askGit(git.root) : null;
  if (configured === null) return join(userFolder, 'ignore');
  return configured === '' ? null : resolve(git.root, configured);
}

function mentionsKey(path: string): boolean {
  noteGround(path);
  try {
    return /excludesfile|include/i.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

/** Null where the key is not set, or git is missing. */
function askGit(root: string): string | null {
  noteUnrepeatable('git is asked for its settings');
  try {
    const query = ['config', '--type=path', '--get', 'core.excludesFile'];
    return execFileSync('git', query, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).replace(
      /\n$/,
      '',
    );
  } catch {
    return null;
  }
}
