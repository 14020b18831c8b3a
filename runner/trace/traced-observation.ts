import type { Observation } from '../../fs-tracer/index.ts';

/** `path` is latin1, one character a byte; `digest` as `digestObservation` in fs-tracer/ tells. */
export interface TracedObservation extends Observation {
  /** Whether something is there that git or `.layerignore` ignores: a run would not see it. */
  readonly ignored: boolean;
}
