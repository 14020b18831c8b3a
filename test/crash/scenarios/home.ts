import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { CacheStore } from '../../../runner/caches/cache-store.ts';
import { SecretKey } from '../../../runner/secrets/secret-key.ts';
import { openSecretStore } from '../../../runner/secrets/secret-store.ts';
import { buildBaseImage } from '../../../vm/images/build-image.ts';
import { findBaseImage, requireRecipe } from '../../../vm/index.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { expect, type Place, type Scenario } from '../scenario.ts';

const CACHE = { repository: 'r', folder: '/c' };
const CONTENT = { old: Buffer.alloc(300_000, 1), next: Buffer.alloc(400_000, 2) };

async function saveCache(store: CacheStore, generation: string, content: Buffer): Promise<void> {
  await store.save(CACHE, generation, async (output) => {
    output.end(content);
    await once(output, 'finish');
  });
}

/** As for CacheKeeper: whatever a cache does costs a build nothing but a warning. */
async function warned(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new LayerError('CACHE_UNUSABLE', 'a warning of the build', { cause });
  }
}

const cache: Scenario = {
  name: 'cache',
  prepare: ({ home }) => saveCache(new CacheStore(home), '1'.repeat(32), CONTENT.old),
  run: ({ home }) => warned(() => saveCache(new CacheStore(home), '2'.repeat(32), CONTENT.next)),
  check: async ({ home }) => {
    const reading = await new CacheStore(home).read(CACHE);
    expect(reading.kind === 'whole', `the cache is whole, not ${reading.kind}`);
    expect((await buffer(reading.content)).equals(CONTENT.next), 'the newest content is what is read');
  },
};

const secret: Scenario = {
  name: 'secret',
  prepare: ({ home }) => {
    openSecretStore(home).set('TOKEN', Buffer.from('old'));
    return Promise.resolve();
  },
  run: ({ home }) => {
    const store = openSecretStore(home);
    expect(['old', 'new'].includes(store.value('TOKEN') ?? ''), 'a secret has its old or its new value');
    store.set('TOKEN', Buffer.from('new'));
    new SecretKey(home).fingerprint('TOKEN', 'new');
    return Promise.resolve();
  },
  check: ({ home }) => {
    const store = openSecretStore(home);
    expect(store.value('TOKEN') === 'new', 'the secret has its new value');
    expect(store.list().length === 1, 'there is one secret');
    const print = new SecretKey(home).fingerprint('TOKEN', 'new');
    expect(print === new SecretKey(home).fingerprint('TOKEN', 'new'), 'the key stays');
    return Promise.resolve();
  },
};

/** What mmdebstrap leaves behind, in no time. */
const FAKE_MMDEBSTRAP = `#!/bin/sh
set -e
for argument; do
  case $argument in --customize-hook=copy-out*) work=\${argument##* } ;; esac
done
mkdir "$work/boot"
echo kernel > "$work/boot/vmlinuz-1"
echo initrd > "$work/boot/initrd.img-1"
echo 'package 1' > "$work/packages"
printf x | dd of="$work/disk.raw" conv=notrunc status=none
`;

function withFakeMmdebstrap({ work }: Place): void {
  const programs = join(work, 'bin');
  if (existsSync(programs)) return;
  mkdirSync(programs);
  writeFileSync(join(programs, 'mmdebstrap'), FAKE_MMDEBSTRAP, { mode: 0o755 });
}

const RECIPE = { ...requireRecipe('debian', '12'), keyring: '/etc/hostname', diskGib: 1 / 1024 };

/** A base image is put in its place. */
const image: Scenario = {
  name: 'image',
  prepare: (place) => {
    withFakeMmdebstrap(place);
    return Promise.resolve();
  },
  run: async ({ home, work }) => {
    const [path, programs] = [process.env['PATH'] ?? '', join(work, 'bin')];
    process.env['PATH'] = `${programs}:${path}`;
    try {
      const imagesFolder = join(home, 'images');
      await buildBaseImage({ imagesFolder, recipe: RECIPE, onProgress: () => undefined });
    } finally {
      process.env['PATH'] = path;
    }
  },
  check: ({ home }) => {
    const found = findBaseImage(join(home, 'images'), RECIPE);
    expect(found !== null, 'the image is found');
    for (const file of [found.disk, found.kernel, found.initrd]) expect(existsSync(file), `${file} is there`);
    return Promise.resolve();
  },
};

export const HOME_SCENARIOS: readonly Scenario[] = [cache, secret, image];
