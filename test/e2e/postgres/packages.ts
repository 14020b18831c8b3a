import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Has this host's apt put Debian packages, and all that they depend on, into a new folder, as for a system on which nothing is
 * installed. Needs no root and changes nothing on the host.
 */
export function downloadPackages(names: readonly string[], folder: string): void {
  const work = mkdtempSync(join(tmpdir(), 'layer-packages-'));
  try {
    mkdirSync(join(work, 'partial'));
    writeFileSync(join(work, 'status'), '');
    const options = {
      'Dir::State::status': join(work, 'status'),
      'Dir::Cache::archives': work,
      'Debug::NoLocking': '1',
      'APT::Sandbox::User': '',
      // The host's own are of what it has installed.
      'Dir::Cache::pkgcache': '',
      'Dir::Cache::srcpkgcache': '',
    };
    const given = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    execFileSync('apt-get', ['install', '-y', '-qq', '--download-only', '--no-install-recommends', ...given, ...names]);
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb')))
      renameSync(join(work, file), join(folder, file));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
