import type { Socket } from 'node:net';

import { LayerError } from '../util/layer-error.ts';

/**
 * Reads and drops everything up to and including `marker`; what follows stays in the socket. Throws `MACHINE_DIED` when
 * the socket closes first.
 */
export async function discardThrough(port: Socket, marker: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let tail = Buffer.alloc(0);
  const onReadable = (): void => {
    for (let chunk = port.read() as Buffer | null; chunk !== null; chunk = port.read() as Buffer | null) {
      tail = Buffer.concat([tail, chunk]);
      const at = tail.indexOf(marker);
      if (at < 0) {
        tail = tail.subarray(-marker.length);
        continue;
      }
      port.off('readable', onReadable);
      port.unshift(tail.subarray(at + marker.length));
      resolve(undefined);
      return;
    }
  };
  const onClose = (): void => reject(new LayerError('MACHINE_DIED', 'The machine ended before its shell came up'));
  if (port.destroyed) onClose();
  port.once('close', onClose);
  port.on('readable', onReadable);
  onReadable();
  try {
    await promise;
  } finally {
    port.off('close', onClose);
    port.off('readable', onReadable);
  }
}
