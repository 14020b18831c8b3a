import { LayerError } from '../util/layer-error.ts';
import { storageFull, storageUnusable } from '../util/storage-error.ts';
import type { QmpClient } from './qmp-client.ts';

/**
 * Resolves when the host could not read or write the machine's disk, to what is to be said of it; QEMU has stopped the
 * machine then (machine-config.ts), which nobody must wait for. Rejects when QEMU ends first.
 */
export async function diskFault(qmp: QmpClient, disk: () => string): Promise<LayerError> {
  const { event, data } = await qmp.nextEvent(
    (each) => each.event === 'BLOCK_IO_ERROR' || each.event === 'BLOCK_IMAGE_CORRUPTED',
  );
  if (event === 'BLOCK_IMAGE_CORRUPTED')
    return new LayerError('SNAPSHOT_DAMAGED', `The machine's disk ${disk()} is damaged: ${String(data?.['msg'])}`);
  if (data?.['nospace'] === true) return storageFull(new Error('the machine could not write to its disk'), disk());
  return storageUnusable(new Error(`the machine's disk: ${String(data?.['reason'])}`), disk());
}
