import type { EndedTrace } from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';
import { truncateEnd, truncateMiddle } from '../text-width.ts';
import { commandText } from './command-text.ts';
import { type GroupStyle, observationGroups } from './observation-groups.ts';

/** What a command observed, for people: grouped by kind, long lists folded by their folders. */
export function summaryText(words: readonly string[], trace: EndedTrace, style: GroupStyle): string {
  const [ignored, others] = [true, false].map((wanted) => trace.observations.filter((one) => one.ignored === wanted));
  return [
    '',
    ...headline(words, trace, style),
    ...observationGroups(others ?? [], WHOLE, style),
    ...(ignored?.length === 0 ? [] : [IGNORED, ...observationGroups(ignored ?? [], WHOLE, style)]),
    '',
  ].join('\n');
}

/** What prints what is left out here. */
const WHOLE = '--format paths';
const IGNORED = 'Ignored by git or .layerignore, or of git itself: no run would see it:';

function headline(words: readonly string[], trace: EndedTrace, { palette, columns }: GroupStyle): readonly string[] {
  const { exitCode, signal, durationMs, observations, root } = trace;
  const how = signal === null ? `exit code ${exitCode ?? '?'}` : `ended by ${signal}`;
  const end = `: ${how} after ${formatDuration(durationMs)}`;
  const command = truncateEnd(commandText(words), columns - end.length);
  const count = new Set(observations.map(({ path }) => path)).size;
  const what = count === 0 ? 'nothing' : `${count} path${count === 1 ? '' : 's'}`;
  return [
    `${palette.bold(command)}${end}`,
    truncateMiddle(`Observed ${what} in ${printableLine(root)}${count === 0 ? '' : ':'}`, columns),
  ];
}
