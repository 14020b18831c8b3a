/**
 * Which saved state fits what is in the workspace now: fingerprints, look-up, the index, the store on disk, eviction.
 *
 * Invariants:
 * - A snapshot is found only if every observation of its whole lineage still holds.
 * - Snapshots are write-once, except that upkeep may pack files and put a state on less, in place; a crash at any instant leaves a whole snapshot or none.
 * - Files that a living process has leased are not removed; nor are files that a live snapshot depends on.
 * - States are opaque: files and a JSON payload. Nothing here knows machines or Layerfiles.
 */
export type { ChangedReason, MissReason } from './miss-reason.ts';
export type { StepFields } from './fingerprint.ts';
export type { Flight, Flights, TakenFlight } from './flights.ts';
export type { HistoryKey, JsonValue, Snapshot, SnapshotId } from './snapshot.ts';
export type {
  CacheHit,
  Damage,
  LookupRequest,
  LookupResult,
  LookupStep,
  PendingSnapshot,
  Publication,
  Removal,
  SnapshotStore,
  UnpublishableNote,
  Verification,
  VerifyOptions,
} from './store.ts';
export { openSnapshotStore } from './disk-store.ts';
export type { SnapshotStoreOptions } from './disk-store.ts';
export { defaultBudgetBytes } from './budget.ts';
export { chooseDetachment } from './detachments.ts';
export type { DetachmentPolicy } from './detachments.ts';
export type { Detached, Detacher, DetachRequest, Restated } from './detacher.ts';
export { weakOf } from './publish.ts';
export { chooseEvictions } from './eviction.ts';
export type { EvictionCandidate, EvictionPolicy } from './eviction.ts';
export type { DetachOutcome, StoreUpkeep } from './store-upkeep.ts';
export type { SurveyedSnapshot } from './survey.ts';
export { openStoreUpkeep } from './upkeep-entry.ts';
