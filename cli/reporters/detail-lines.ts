import type { PlannedSnapshot, StepEnded } from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { formatSize } from '../size.ts';

/** What `layer plan -v` says below the line of a step: what it observed, and what its snapshot costs and saves. */
export function detailLines({ observed, planned, snapshotBytes }: StepEnded): readonly string[] {
  if (planned === undefined) return [];
  return [...(observed === null ? [] : [`observed ${observedText(observed)}`]), snapshotLine(planned, snapshotBytes)];
}

/** `12 content, 3 listing`, or `nothing`. */
export function observedText(observed: NonNullable<StepEnded['observed']>): string {
  const counts = Object.entries(observed).filter(([, count]) => count > 0);
  return counts.length === 0 ? 'nothing' : counts.map(([kind, count]) => `${count} ${kind}`).join(', ');
}

function snapshotLine({ taken, why, costsMs, savesMs }: PlannedSnapshot, bytes: number | null): string {
  if (!taken) return `no snapshot after this step: ${WHY_NONE[why] ?? ''}`;
  const facts = [
    ...(bytes === null ? [] : [`takes ${formatSize(bytes)}`]),
    ...(costsMs === null ? [] : [`costs ${formatDuration(costsMs)}`]),
    ...(savesMs === null ? [] : [`saves ${formatDuration(savesMs)}`]),
  ];
  return `snapshot after this step${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`;
}

const WHY_NONE: Readonly<Partial<Record<PlannedSnapshot['why'], string>>> = {
  disabled: 'CHECKPOINT disabled above',
  'nothing-done': 'it does nothing in the machine',
};
