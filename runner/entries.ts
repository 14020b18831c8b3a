import type * as FsTracer from '../fs-tracer/index.ts';
import type { CommandEnd } from '../vm/index.ts';
import type { BuildResult } from './build-event.ts';
import type { KeepWebsitesOptions } from './expose/keep-websites.ts';
import type { MachineSlots } from './graph/machine-slots.ts';
import type { RunOptions } from './run-options.ts';
import type { ShellOptions } from './shell/open-shell.ts';
import type { TraceOptions, TraceResult } from './trace/trace-command.ts';

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

/** See `shell/open-shell.ts`. */
export async function openShell(options: ShellOptions): Promise<CommandEnd> {
  const shells = await import('./shell/open-shell.ts');
  return shells.openShell(options);
}

/** See `expose/keep-websites.ts`. */
export async function keepWebsites(options: KeepWebsitesOptions): Promise<void> {
  const websites = await import('./expose/keep-websites.ts');
  return websites.keepWebsites(options);
}

/** See `replay-file.ts` in fs-tracer/. */
export async function keepReplay(...replay: Parameters<typeof FsTracer.keepReplay>): Promise<void> {
  const tracer = await import('../fs-tracer/index.ts');
  tracer.keepReplay(...replay);
}

/** See `trace/trace-command.ts`. */
export async function traceCommand(options: TraceOptions): Promise<TraceResult> {
  const tracing = await import('./trace/trace-command.ts');
  return tracing.traceCommand(options);
}

/** For runs that share what machines there may be: at most `jobs` at once, with `memoryMib` together. */
export async function openMachineSlots(limits: {
  readonly jobs: number;
  readonly memoryMib: number;
}): Promise<MachineSlots> {
  const { CountedSlots } = await import('./graph/machine-slots.ts');
  return new CountedSlots(limits);
}
