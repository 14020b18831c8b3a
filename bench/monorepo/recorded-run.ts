import { basename, dirname } from 'node:path';

import { runLayerfiles } from '../../runner/run-layerfiles.ts';
import { placeFakeImage } from '../../test/helpers/fake-image.ts';
import { FakeMachineFactory } from '../../test/helpers/fake-machine.ts';
import type { FuseClient } from '../../test/helpers/fuse-client.ts';
import type { GeneratedMonorepo, Unit } from './generated-monorepo.ts';

/** Builds all of it into `home` with stand-ins for machines, which ask the real tracer what `cat` in a machine would ask. */
export async function recordRun(repository: GeneratedMonorepo, home: string): Promise<void> {
  placeFakeImage(home);
  const machines = new FakeMachineFactory(async (command, { kernel }) => {
    const name = /\/app\/([^/]+)\/src/.exec(command)?.[1];
    const unit = repository.units.find((each) => each.name === name);
    if (unit !== undefined) await readSources(kernel, unit, repository.read());
    return {};
  });
  const result = await runLayerfiles({
    paths: ['.'],
    directory: repository.folder,
    home,
    accelerator: 'tcg',
    noCache: false,
    force: [],
    signal: new AbortController().signal,
    machines,
    emit: () => undefined,
  });
  if (result.outcome !== 'succeeded') throw new Error(`The build ${result.outcome}`);
}

/** Each COPY of a lineage has made a view, with numbers from 0. */
async function readSources(kernel: FuseClient, { level }: Unit, files: readonly string[]): Promise<void> {
  const folder = (await kernel.walk(`${level - 1}/${dirname(files[0] ?? '')}`)).nodeId;
  await kernel.list(folder, 44, 1 << 16);
  for (const file of files) await kernel.read((await kernel.lookUp(folder, basename(file))).nodeId, 0, 1 << 20);
}
