import { counted } from '../../util/counted.ts';
import type { LayerfileTally } from './layerfile-tally.ts';
import { missSentence } from '../../runner/index.ts';

/** What became of a whole Layerfile: `5 restored, 6 ran in 3 copies`. */
export function finishedText(tally: LayerfileTally): string {
  return `${tally.counts.text}${copiesText(tally)}`;
}

/** The same beside the outcome of the whole: what has the same for all steps need not say it again. */
export function finishedTextBeside(tally: LayerfileTally): string {
  const { counts, outcome } = tally;
  if (!counts.areAlike || counts.of(outcome) === 0) return finishedText(tally);
  return `${counted(counts.total, 'step')}${copiesText(tally)}`;
}

function copiesText({ build: { split } }: LayerfileTally): string {
  return split === undefined ? '' : ` in ${split.copies} copies`;
}

/** Why its first step that ran was not restored: `(package.json changed)`. */
export function finishedRemark({ firstRun }: LayerfileTally): string {
  if (firstRun?.miss == null) return '';
  return `(${missSentence(firstRun.miss, firstRun.step, firstRun.instruction)})`;
}
