import type { DamagedFile, SnapshotCheck } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { printableLine } from '../../util/printable-text.ts';
import type { Surroundings } from '../surroundings.ts';
import { alignTable } from '../table.ts';
import { counted } from '../../util/counted.ts';
import { shortId } from './snapshot-table.ts';

/** `layer snapshots verify [ID...]`: checks them, and names every damaged file. 1 where there is one. */
export async function verify(
  { ids, json }: { readonly ids: readonly string[]; readonly json: boolean },
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const { verifySnapshots } = await surroundings.loadRunner();
  const check = await verifySnapshots({ home: layerHome(surroundings.environment), ids, signal });
  surroundings.stdout.write(json ? jsonLines(check) : text(check));
  return check.damaged.length === 0 ? 0 : 1;
}

function text({ checked, damaged }: SnapshotCheck): string {
  const lines = alignTable(['left', 'left'], damaged.map(row));
  const end = damaged.length === 0 ? 'nothing is damaged' : `${counted(damaged.length, 'file')} damaged`;
  const hint = damaged.length === 0 ? [] : ['A run that meets a damaged snapshot drops it, and runs its step again.'];
  return [...lines, `${counted(checked, 'snapshot')} checked, ${end}`, ...hint].map((line) => `${line}\n`).join('');
}

function row({ snapshot, file, why }: DamagedFile): readonly string[] {
  const [firstLine = ''] = snapshot.label.split('\n');
  return [`${shortId(snapshot.id)}  ${printableLine(firstLine)}`, `${printableLine(file)} ${why}`];
}

function jsonLines({ checked, damaged }: SnapshotCheck): string {
  const lines = damaged.map(({ snapshot, file, why }) => ({
    event: 'damage',
    id: snapshot.id,
    instruction: snapshot.label,
    file,
    why,
  }));
  const result = { event: 'result', checked, damaged: damaged.length };
  return [...lines, result].map((line) => `${JSON.stringify(line)}\n`).join('');
}
