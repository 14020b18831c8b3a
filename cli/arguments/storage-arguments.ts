import { LayerError } from '../../util/layer-error.ts';
import { parseAge } from '../age.ts';
import type { PruneArguments, PruneLimits } from '../commands/prune.ts';
import type { SnapshotsArguments } from '../commands/snapshots.ts';
import { parseSize } from '../size.ts';
import { type GivenFlags, lastValue } from './given-flags.ts';
import { oneOf, refuseMoreThan } from './refusals.ts';

/** `--caches` alone is about caches alone. */
export function pruneArguments(flags: GivenFlags): PruneArguments {
  const caches = flags.has('caches');
  const limits = pruneLimits(flags);
  const isLimited = limits.all || limits.images || (limits.keepBytes ?? limits.olderThanMs) !== undefined;
  const snapshots = caches && !isLimited ? null : limits;
  return { json: flags.has('json'), dryRun: flags.has('dry-run'), caches, snapshots };
}

function pruneLimits(flags: GivenFlags): PruneLimits {
  const [keep, older] = [lastValue(flags, 'keep-storage'), lastValue(flags, 'older-than')];
  if (flags.has('all') && (keep ?? older) !== null)
    throw new LayerError('USAGE', '--all removes every snapshot: it leaves nothing for another limit');
  return {
    all: flags.has('all'),
    images: flags.has('images'),
    keepBytes: keep === null ? undefined : parseSize(keep, '--keep-storage'),
    olderThanMs: older === null ? undefined : parseAge(older, '--older-than'),
  };
}

export function snapshotsArguments([typed, ...ids]: readonly string[], flags: GivenFlags): SnapshotsArguments {
  const json = flags.has('json');
  if (typed === undefined) return { action: 'list', json };
  const action = oneOf(['verify', 'list'] as const, typed, 'The word after `layer snapshots`');
  if (action === 'verify') return { action, json, ids };
  refuseMoreThan(0, 'snapshots', ids);
  return { action, json };
}
