import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { INSTALLATION } from '../../util/installation.ts';
import { GUEST_HELPER } from '../helper-binaries.ts';

/** How a base image is made: everything that decides what is in it, so that its hash can be part of every key. */
export interface ImageRecipe {
  /** As in `FROM vm/NAME:TAG`. */
  readonly name: string;
  readonly tag: string;
  readonly suite: string;
  readonly mirror: string;
  /** Further suites of the same release, as `URI SUITE`. */
  readonly updates: readonly string[];
  readonly components: string;
  readonly keyring: string;
  readonly keyringPackage: string;
  readonly packages: readonly string[];
  readonly diskGib: number;
}

/** What every image needs to be a machine of ours. */
const MACHINE = ['systemd-sysv', 'dbus', 'openssh-server', 'initramfs-tools', 'zstd', 'iproute2', 'kmod', 'udev'];
/** What developers expect to find on a build machine. */
const TOOLS = [
  ...['ca-certificates', 'curl', 'git', 'less', 'netbase', 'procps', 'sudo', 'tzdata', 'unzip', 'xz-utils'],
  ...['gcc', 'libc6-dev', 'make', 'nodejs', 'npm', 'python3-minimal'],
];

const RECIPES: readonly ImageRecipe[] = [
  {
    name: 'debian',
    tag: '12',
    suite: 'bookworm',
    mirror: 'http://deb.debian.org/debian',
    updates: [
      'http://deb.debian.org/debian bookworm-updates',
      'http://deb.debian.org/debian-security bookworm-security',
    ],
    components: 'main',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    keyringPackage: 'debian-archive-keyring',
    packages: ['linux-image-cloud-amd64', ...MACHINE, ...TOOLS],
    diskGib: 16,
  },
  {
    name: 'ubuntu',
    tag: '22.04',
    suite: 'jammy',
    mirror: 'http://archive.ubuntu.com/ubuntu',
    updates: ['http://archive.ubuntu.com/ubuntu jammy-updates', 'http://security.ubuntu.com/ubuntu jammy-security'],
    components: 'main universe',
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    keyringPackage: 'ubuntu-keyring',
    packages: ['linux-image-virtual', ...MACHINE, ...TOOLS],
    diskGib: 16,
  },
];

export const CUSTOMIZE_SCRIPT = join(INSTALLATION, 'vm/images/customize.sh');

export function findRecipe(name: string, tag: string): ImageRecipe | undefined {
  return RECIPES.find((recipe) => recipe.name === name && recipe.tag === tag);
}

/** The images that FROM may name, as `vm/debian:12`. */
export function knownImages(): readonly string[] {
  return RECIPES.map((recipe) => `vm/${recipe.name}:${recipe.tag}`);
}

/** The files that go into every image. */
export function recipeFiles(): readonly string[] {
  return [CUSTOMIZE_SCRIPT, GUEST_HELPER];
}

/** Hex sha-256 of all that goes into an image but the versions of its packages. */
export function recipeHash(recipe: ImageRecipe): string {
  const hash = createHash('sha256').update(JSON.stringify(recipe));
  for (const file of recipeFiles()) hash.update('\0').update(readFileSync(file));
  return hash.digest('hex');
}
