import type { LayerfileRecord, PartRecord } from './run-record.ts';

/** `web`, and of a copy below its SPLIT `web copy 0`. */
export function partName({ name }: Pick<LayerfileRecord, 'name'>, { copy }: Pick<PartRecord, 'copy'>): string {
  return copy === null ? name : `${name} copy ${copy}`;
}
