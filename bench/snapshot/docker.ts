import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openDockerDaemon } from '../docker-daemon.ts';

export type StorageDriver = 'overlay2' | 'vfs';

const COMMITTED = 'committed';

/** A daemon of our own with one storage driver, ended with its scope. */
export interface Docker extends AsyncDisposable {
  /** Makes an image whose one layer is that tar file. */
  import(tarball: string, image: string): Promise<void>;
  /** Milliseconds of `docker commit` of a container of the image in which one small file was written. */
  commit(image: string): Promise<number>;
  /** With vfs, each image and container is a copy of all its files. */
  remove(image: string): Promise<void>;
}

/** Gives the daemon, or says why there is none. */
export async function openDocker(folder: string, driver: StorageDriver): Promise<Docker | string> {
  const daemon = await openDockerDaemon(folder, driver);
  if (typeof daemon === 'string') return `${driver}: ${daemon}`;
  const run = (...args: readonly string[]): ReturnType<typeof daemon.run> => daemon.run(folder, ...args);
  const changed = join(folder, 'changed');
  writeFileSync(changed, 'a small change');
  return {
    import: async (tarball, image) => {
      await run('import', tarball, image);
    },
    commit: async (image) => {
      const container = `${image}-container`;
      await run('create', '--name', container, image, '/none');
      await run('cp', changed, `${container}:/changed`);
      const { durationMs } = await run('commit', container, COMMITTED);
      await run('rm', container);
      await run('rmi', COMMITTED);
      return durationMs;
    },
    remove: async (image) => {
      await run('rmi', image);
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}
