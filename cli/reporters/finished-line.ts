import type { LayerfileTally } from './layerfile-tally.ts';
import { missSentence } from './miss-sentence.ts';

/** What became of a whole Layerfile: `5 restored, 6 ran in 3 copies`. */
export function finishedText({ build, counts }: LayerfileTally): string {
  return `${counts.text}${build.split === undefined ? '' : ` in ${build.split.copies} copies`}`;
}

/** Why its first step that ran was not restored: `(package.json changed)`. */
export function finishedRemark({ firstRun }: LayerfileTally): string {
  if (firstRun?.miss == null) return '';
  return `(${missSentence(firstRun.miss, firstRun.step, firstRun.instruction)})`;
}
