import { type EntryType, toPathBytes, type ViewMapping, type WorkspacePath } from '../../fs-tracer/index.ts';
import { shellWord } from '../command-text.ts';
import type { CopySource } from '../copy-sources.ts';
import { WORKSPACE_MOUNT } from '../guest-layout.ts';
import { type Placement, planOverlays } from '../overlay-plan.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, refuse, type StepResult } from '../step-result.ts';
import { type GuestPlace, resolveGuestPath } from './environment.ts';

/** Guest folders that are no part of its disk. */
const VOLATILE = /^\/(dev|proc|run|sys|var\/run|var\/lock)(\/|$)/;

/** Makes files of the workspace visible at `destination`, a path as it stands in a Layerfile. The guest reads what it needs. */
export async function layFiles(
  context: StepContext,
  sources: readonly CopySource[],
  destination: string,
): Promise<StepResult> {
  const placement = placeSources(sources, context.session.lineage, destination);
  const { kind } = context.step.instruction;
  if (isVolatile(placement.target)) return refuse(`${kind} cannot write to ${placement.target}: it is not on the disk`);
  return placement.target === '/' ? copyForReal(context, placement) : lay(context, placement);
}

export function isVolatile(folder: string): boolean {
  return VOLATILE.test(folder);
}

/** Where each source appears: a folder's contents in the destination, a file in or as the destination. */
export function placeSources(sources: readonly CopySource[], place: GuestPlace, destination: string): Placement {
  const path = resolveGuestPath(place, destination);
  const folders = sources.some(({ type }) => type === 'folder');
  const isFolder = folders || sources.length > 1 || /(^|\/)\.{0,2}$|^~$/.test(destination);
  if (isFolder) return { target: path, mappings: sources.map((source) => mapping(source, baseName(source.path))) };
  const slash = path.lastIndexOf('/');
  const target = slash <= 0 ? '/' : path.slice(0, slash);
  return { target, mappings: sources.map((source) => mapping(source, toPathBytes(path.slice(slash + 1)))) };
}

function mapping(source: CopySource, name: string): ViewMapping {
  return { at: source.type === 'folder' ? '' : name, source: source.path };
}

async function lay(context: StepContext, placement: Placement): Promise<StepResult> {
  const { session } = context;
  const plan = planOverlays(session.lineage, placement, {
    addView: (mappings) => session.tracer.addView(mappings),
    typeAt: (path) => observedType(context, path),
  });
  for (const { folder, kept } of plan.keep) await session.machine.keepFolder(folder, kept);
  for (const target of plan.unmount) await session.machine.unmount(target);
  for (const { target, lowers, upper } of plan.mount) await session.machine.mountOverlay(target, lowers, upper);
  session.lineage = { ...session.lineage, overlays: plan.overlays, overlayCount: plan.overlayCount };
  return DONE;
}

function observedType({ build, session }: StepContext, path: WorkspacePath): EntryType | null {
  const type = build.workspace.entry(path)?.type ?? null;
  session.tracer.observe({ path, kind: type === null ? 'absent' : 'exists' });
  return type;
}

/** Nothing can be mounted over `/` itself: there, and only there, the files are read and written to the disk. */
async function copyForReal(context: StepContext, placement: Placement): Promise<StepResult> {
  const view = context.session.tracer.addView(placement.mappings);
  return context.run(`cp -R --preserve=mode,links ${shellWord(`${WORKSPACE_MOUNT}/${view}`)}/. /`);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
