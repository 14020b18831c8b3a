/**
 * Plans and executes Layerfiles: the only folder that knows grammar, machines, tracing and snapshots, and puts them
 * together. It prints nothing: what happens goes out as events.
 *
 * Invariants:
 * - a failed, cancelled or untraceable step is never published;
 * - every instruction of every built Layerfile ends in exactly one `step` event;
 * - where every step is restored no machine is started, and the code that starts machines is not loaded;
 * - checking loads neither tracer nor store.
 */
export type { AskPerson, ButtonAt, IsPressed, Question } from './build-context.ts';
export type {
  Activity,
  BuildEvent,
  BuildNeed,
  BuildResult,
  BuildStarted,
  BuildWarning,
  EmitEvent,
  Exposed,
  MachineEvent,
  Miss,
  PlannedSnapshot,
  StepEnded,
  StepOutcome,
  StepOutput,
  StepStarted,
  ToldObservation,
} from './build-event.ts';
export { type CheckOptions, type CheckResult, checkLayerfiles } from './check-layerfiles.ts';
export {
  keepReplay,
  keepWebsites,
  openMachineSlots,
  openShell,
  planLayerfiles,
  runLayerfiles,
  traceCommand,
} from './entries.ts';
export type { MachineSlots, Slot, SlotWish } from './graph/machine-slots.ts';
export type { FoundDiagnostic } from './found-diagnostic.ts';
export { LayerfileInvalid } from './layerfile-source.ts';
export { missSentence } from './miss-sentence.ts';
export { type ListedCache, pruneCaches } from './prune-caches.ts';
export type { RunOptions } from './run-options.ts';
export type { ReplayPlace, ReplayText } from '../fs-tracer/index.ts';
export {
  type DamagedFile,
  isUpkeepDue,
  type ListedSnapshot,
  listSnapshots,
  type PrunedImage,
  type PrunedImages,
  type PruneOptions,
  type PruneResult,
  pruneSnapshots,
  runUpkeep,
  type SnapshotCheck,
  type SnapshotList,
  type UpkeepOptions,
  type UpkeepResult,
  verifySnapshots,
} from './store-upkeep.ts';
export { openSecretStore, type SecretStore, type StoredSecret } from './secrets/secret-store.ts';
export type { ShellOptions, ShellState } from './shell/open-shell.ts';
export type { CopyPlan } from './trace/copy-plan.ts';
export type { EndedTrace, TraceOptions, TraceResult } from './trace/trace-command.ts';
export type { TracedObservation } from './trace/traced-observation.ts';
