import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** From this size on, unpacking xz takes a guest without acceleration longer than reading what comes out of it. */
const BIG_BYTES = 1_000_000;

/**
 * Has this host's apt put Debian packages, and all that they depend on, into a new folder, as for a system on which nothing is
 * installed. What is in big ones lies there uncompressed. Needs no root and changes nothing on the host.
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
    for (const name of readdirSync(work).filter((file) => file.endsWith('.deb'))) {
      if (statSync(join(work, name)).size > BIG_BYTES) uncompress(join(work, name));
      renameSync(join(work, name), join(folder, name));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The same package (deb(5)) with its files in a plain tar. */
function uncompress(deb: string): void {
  const members = `${deb}.members`;
  mkdirSync(members);
  const inMembers = { cwd: members };
  execFileSync('ar', ['x', deb], inMembers);
  if (readdirSync(members).includes('data.tar.xz')) {
    execFileSync('xz', ['-d', 'data.tar.xz'], inMembers);
    const [control = ''] = readdirSync(members).filter((name) => name.startsWith('control.tar'));
    rmSync(deb);
    execFileSync('ar', ['rc', join('..', basename(deb)), 'debian-binary', control, 'data.tar'], inMembers);
  }
  rmSync(members, { recursive: true });
}
