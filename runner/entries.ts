import type { BuildResult } from './build-event.ts';
import type { RunOptions } from './run-layerfiles.ts';

/** See `run-layerfiles.ts`, which is loaded when something is built: `layer check` starts without it. */
export async function runLayerfiles(options: RunOptions): Promise<BuildResult> {
  const builder = await import('./run-layerfiles.ts');
  return builder.runLayerfiles(options);
}

/** See `run-layerfiles.ts`. */
export async function planLayerfiles(options: RunOptions): Promise<BuildResult> {
  const builder = await import('./run-layerfiles.ts');
  return builder.planLayerfiles(options);
}
