import type { Layerfile } from '../grammar/index.ts';
import { defaultName } from './layerfile-source.ts';

/** What a Layerfile is called: LABEL display_name, else after its folders. */
export function layerfileName({ instructions, path }: Layerfile): string {
  const labels = instructions.flatMap((instruction) => (instruction.kind === 'LABEL' ? instruction.labels : []));
  return labels.find(({ key }) => key === 'display_name')?.value ?? defaultName(path);
}
