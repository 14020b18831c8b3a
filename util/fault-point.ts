/** Where a test may end a process: between two things that only together are done. Each name is used in one place. */
export type FaultPoint =
  | 'begin:noted'
  | 'publish:files-synced'
  | 'publish:manifest-written'
  | 'publish:visible'
  | 'discard:files-removed'
  | 'evict:buried'
  | 'evict:manifest-removed'
  | 'squash:files-synced'
  | 'squash:announced'
  | 'squash:renamed'
  | 'squash:visible'
  | 'pack:manifest-written'
  | 'pack:plain-removed'
  | 'restore:disk-made'
  | 'restore:qemu-started'
  | 'restore:memory-written'
  | 'restore:devices-loaded'
  | 'restore:running'
  | 'save:stopped'
  | 'save:disk-continued'
  | 'save:state-written'
  | 'save:running';

interface WithFaults {
  layerFaultPoint?: (point: FaultPoint) => void;
}

/**
 * Does nothing, at the cost of looking up a global that is not there. It stays in the bundle, so that what users run can be
 * tested; only code that a test has Node load before ours (`--import`) can put something there.
 */
export function faultPoint(point: FaultPoint): void {
  (globalThis as WithFaults).layerFaultPoint?.(point);
}
