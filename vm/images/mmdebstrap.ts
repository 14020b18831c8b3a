import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

import { endProcess } from '../../util/end-process.ts';
import { LayerError } from '../../util/layer-error.ts';
import { LAUNCHER } from '../helper-binaries.ts';
import type { ImageProgress } from './base-image.ts';
import type { ImageRecipe } from './recipe.ts';

export interface MmdebstrapRun {
  readonly recipe: ImageRecipe;
  /**
   * Holds `authorized_keys`, `host_key`, `layer-guest`, `customize.sh` and an empty `disk.raw` of the right size; gets
   * `boot/`, `packages` and the file system in `disk.raw`.
   */
  readonly work: string;
  readonly onProgress: (progress: ImageProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Lines of mmdebstrap's log that begin a stage, with the share of the time that has passed by then (measured). */
const STAGES: readonly (readonly [RegExp, string, number])[] = [
  [/running apt-get update/, 'reading package lists', 0.01],
  [/downloading packages with apt/, 'downloading the base system', 0.06],
  [/extracting archives/, 'unpacking the base system', 0.1],
  [/installing essential packages/, 'installing the base system', 0.15],
  [/downloading .* inside|installing remaining packages/, 'installing kernel, init and tools', 0.25],
  [/customize\.sh$|sh \/tmp\/customize\.sh/, 'setting up services', 0.8],
  [/update-initramfs/, 'making the initial RAM disk', 0.83],
  [/mkfs\.ext4/, 'writing the disk', 0.9],
];

const TAIL_CHARACTERS = 3000;

/** Runs mmdebstrap with our hooks. Throws `IMAGE_UNAVAILABLE` with its last words. */
export async function runMmdebstrap(run: MmdebstrapRun): Promise<void> {
  const child = spawn(LAUNCHER, [String(process.pid), 'mmdebstrap', ...mmdebstrapArguments(run)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Ordinary users have no /usr/sbin in their PATH, where mkfs and ldconfig are.
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' },
  });
  const log = followLog(child, run.onProgress);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const onAbort = (): void => void endProcess(child, exited);
  run.signal?.addEventListener('abort', onAbort, { once: true });
  await exited;
  run.signal?.removeEventListener('abort', onAbort);
  run.signal?.throwIfAborted();
  if (child.exitCode === 0) return;
  const { name, tag } = run.recipe;
  throw new LayerError('IMAGE_UNAVAILABLE', `vm/${name}:${tag} could not be built:\n${log().trim()}`, {
    hint: `Is ${run.recipe.mirror} reachable? \`apt-get update\` uses the same mirrors.`,
  });
}

function followLog(child: ChildProcess, onProgress: (progress: ImageProgress) => void): () => string {
  let tail = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    tail = (tail + text).slice(-TAIL_CHARACTERS);
    for (const line of text.split('\n')) {
      const stage = STAGES.find(([pattern]) => pattern.test(line));
      if (stage !== undefined) onProgress({ text: stage[1], progress: stage[2] });
    }
  });
  return () => tail;
}

function mmdebstrapArguments({ recipe, work }: MmdebstrapRun): string[] {
  const hook = (kind: 'essential' | 'customize', command: string): string => `--${kind}-hook=${command}`;
  const upload = (file: string, target: string): string => hook('customize', `upload ${join(work, file)} ${target}`);
  const disk = join(work, 'disk.raw');
  return [
    `--mode=${process.getuid?.() === 0 ? 'root' : 'unshare'}`,
    '--variant=minbase',
    '--format=null',
    // The disk is written by our last hook; what mmdebstrap would tidy up afterwards is thrown away with the tree.
    '--skip=cleanup',
    `--keyring=${recipe.keyring}`,
    `--include=${recipe.packages.join(',')}`,
    '--aptopt=Apt::Install-Recommends "false"',
    // A small initial RAM disk, made once the kernel is there: the machine's devices are known.
    hook('essential', 'mkdir -p "$1/etc/initramfs-tools/conf.d"'),
    hook('essential', 'printf "MODULES=list\\nCOMPRESS=zstd\\n" > "$1/etc/initramfs-tools/conf.d/layer"'),
    hook('customize', 'mkdir -p "$1/usr/lib/layer" "$1/etc/layer"'),
    upload('layer-guest', '/usr/lib/layer/layer-guest'),
    hook('customize', 'chmod 755 "$1/usr/lib/layer/layer-guest"'),
    upload('authorized_keys', '/etc/layer/authorized_keys'),
    upload('host_key', '/etc/layer/ssh_host_ed25519_key'),
    upload('customize.sh', '/tmp/customize.sh'),
    hook('customize', 'chroot "$1" sh /tmp/customize.sh'),
    hook(
      'customize',
      'printf "virtio_mmio\\nvirtio_blk\\next4\\ncrc32c_generic\\n" >> "$1/etc/initramfs-tools/modules"',
    ),
    hook('customize', 'chroot "$1" update-initramfs -u'),
    hook('customize', `copy-out /boot ${work}`),
    hook('customize', 'chroot "$1" dpkg-query -W > "$1/tmp/packages"'),
    hook('customize', `download /tmp/packages ${join(work, 'packages')}`),
    hook('customize', 'rm "$1/tmp/packages"'),
    // A bind mount shows the tree without /proc, /sys and /dev, which mmdebstrap has mounted in it.
    hook(
      'customize',
      `rm -rf "$1"/tmp/mmdebstrap.* && mkdir "$1.tree" && mount --bind "$1" "$1.tree" && mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 -L layer -d "$1.tree" ${disk} && umount "$1.tree" && rmdir "$1.tree"`,
    ),
    recipe.suite,
    '/dev/null',
    ...sources(recipe),
  ];
}

/** The mirrors the host's apt uses for this release, else the recipe's own. */
function sources(recipe: ImageRecipe): string[] {
  const wanted = [`${recipe.mirror} ${recipe.suite}`, ...recipe.updates];
  const configured = hostSources();
  return wanted.map((entry) => {
    const suite = entry.split(' ')[1] ?? '';
    const own = configured.find(([, codename]) => codename === suite);
    return `deb ${own === undefined ? entry : `${own[0]} ${suite}`} ${recipe.components}`;
  });
}

function hostSources(): readonly (readonly [uri: string, suite: string])[] {
  try {
    const format = '$(REPO_URI) $(RELEASE)';
    const listed = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return listed
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([uri, suite]) => [uri ?? '', suite ?? ''] as const);
  } catch {
    return [];
  }
}
