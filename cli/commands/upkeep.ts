import type { UpkeepResult } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { keepStorage } from '../keep-storage.ts';
import { formatSize } from '../size.ts';
import type { Surroundings } from '../surroundings.ts';
import { counted } from '../../util/counted.ts';

/** `layer upkeep`: does at once what is done in the background after runs. Resolves to the exit code. */
export async function upkeep(
  { json }: { readonly json: boolean },
  { environment, stdout, loadRunner }: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const { runUpkeep } = await loadRunner();
  const result = await runUpkeep({ home: layerHome(environment), keepBytes: keepStorage(environment), signal });
  stdout.write(json ? `${JSON.stringify({ event: 'result', ...result })}\n` : text(result));
  return 0;
}

function text(result: UpkeepResult): string {
  if (result.outcome === 'busy') return 'Another process is at it.\n';
  const { detached, evicted, evictedBytes, packed, packedBytes, storedBytes, keepBytes } = result;
  const lines = [
    ...(detached === 0 ? [] : [`${counted(detached, 'snapshot')} put on fewer others`]),
    ...(evicted === 0 ? [] : [`${counted(evicted, 'snapshot')} removed, ${formatSize(evictedBytes)} freed`]),
    ...(packed === 0 ? [] : [`${counted(packed, 'snapshot')} packed, ${formatSize(packedBytes)} freed`]),
    `${formatSize(storedBytes)} of at most ${formatSize(keepBytes)} stored`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
