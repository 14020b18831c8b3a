import {
  type BuildStarted,
  type Miss,
  missSentence,
  type StepEnded,
  type ToldObservation,
} from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';
import { detailLines } from '../reporters/detail-lines.ts';
import { buildTitle, instructionText } from '../reporters/status-line.ts';
import { truncateEnd, truncateMiddle } from '../text-width.ts';
import { type GroupStyle, observationGroups } from '../trace/observation-groups.ts';

/** One Layerfile, as a plan told it. */
export interface PlannedLayerfile {
  readonly build: BuildStarted;
  readonly steps: readonly StepEnded[];
}

type ChangedMiss = Extract<Miss, { readonly reason: 'changed' }>;

/** What `layer why` prints: the chosen steps of each Layerfile; `all` has every step of them. */
export function explainSteps(
  chosen: readonly PlannedLayerfile[],
  all: readonly PlannedLayerfile[],
  inFull: boolean,
  style: GroupStyle,
): string {
  const lines = chosen.flatMap(({ build, steps }, index) => {
    const told = differing(steps, (step) => explainStep(step, all[index]?.steps ?? [], inFull, style));
    const sections = told.flatMap(({ step, text }) => {
      const isAlone = told.filter((other) => other.step.step === step.step).length === 1;
      return ['', headingOf(step, isAlone ? '' : ` (copy ${step.copy ?? 0})`, build, style), ...text];
    });
    return sections.length === 0 ? [] : [style.palette.dim(buildTitle(build)), ...sections, ''];
  });
  return `${lines.join('\n').trimEnd()}\n`;
}

interface Explained {
  readonly step: StepEnded;
  readonly text: readonly string[];
}

/** Copies below a SPLIT of which the same is to be said as of the one before are left out. */
function differing(steps: readonly StepEnded[], explain: (step: StepEnded) => readonly string[]): readonly Explained[] {
  const told: Explained[] = [];
  for (const step of [...steps].sort((a, b) => a.step - b.step)) {
    const [text, last] = [explain(step), told.at(-1)];
    if (last?.step.step !== step.step || last.text.join('\n') !== text.join('\n')) told.push({ step, text });
  }
  return told;
}

function headingOf(
  { step, instruction }: StepEnded,
  which: string,
  { steps }: BuildStarted,
  style: GroupStyle,
): string {
  return style.palette.bold(truncateEnd(`${step}/${steps}${which}  ${instructionText(instruction)}`, style.columns));
}

function explainStep(
  step: StepEnded,
  ofAll: readonly StepEnded[],
  inFull: boolean,
  style: GroupStyle,
): readonly string[] {
  const all = ofAll.filter(({ copy }) => copy === undefined || copy === step.copy);
  if (step.outcome === 'would-run' && step.miss !== null) return whyItRuns(step, step.miss, all, style);
  if (step.outcome !== 'restored') return [`  ${step.outcome}: nothing of it is kept.`];
  return whatItSaw(step, inFull, style);
}

/** Only the first step that runs, with those that share its snapshot, has a reason of its own; those below follow from it. */
function whyItRuns(step: StepEnded, miss: Miss, all: readonly StepEnded[], style: GroupStyle): readonly string[] {
  const running = all.filter(({ outcome }) => outcome === 'would-run');
  const first = running.find(({ planned }) => planned?.why !== 'nothing-done') ?? step;
  const hasOwnReason = first.step === step.step || miss.reason === 'changed' || miss.reason === 'unpublishable';
  const sentence = `  would run: ${missSentence(miss, step.step, step.instruction)}`;
  const more = miss.reason === 'changed' ? changedLines(miss) : otherLines(miss);
  const above = hasOwnReason || first.miss === null ? [] : [aboveLine(first, first.miss)];
  return [sentence, ...more, ...above].map((line) => truncateMiddle(line, style.columns));
}

function aboveLine({ step, instruction }: StepEnded, miss: Miss): string {
  return `  Step ${step} above runs first: ${missSentence(miss, step, instruction)}`;
}

function changedLines({ kind, path, was, now }: ChangedMiss): readonly string[] {
  return [
    `    ${'observed'.padEnd(9)} ${kind} of ${path === '' ? '.' : printableLine(path)}`,
    `    ${'was'.padEnd(9)} ${digestText(was)}`,
    `    ${'is now'.padEnd(9)} ${digestText(now)}`,
  ];
}

/** Long digests by their beginning: enough to compare two by eye. */
function digestText(digest: string): string {
  return printableLine(digest).replaceAll(/[0-9a-f]{64}/g, (hex) => `${hex.slice(0, 16)}…`);
}

function otherLines(miss: Exclude<Miss, ChangedMiss>): readonly string[] {
  switch (miss.reason) {
    case 'new':
      return ['    No run here has left a snapshot of it yet.'];
    case 'instruction':
      return miss.was === undefined ? [] : [`    ${'was'.padEnd(9)} ${instructionText(miss.was)}`];
    case 'unpublishable':
      return miss.paths.map((path) => `    ${printableLine(path)}`);
    case 'evicted':
      return ['    All that it observed is as it was, but the snapshot is gone.'];
    case 'forced':
      return [];
  }
}

function whatItSaw(step: StepEnded, inFull: boolean, style: GroupStyle): readonly string[] {
  const saves = step.savedMs === undefined ? '' : `, which saves ${formatDuration(step.savedMs)}`;
  const details = detailLines(step).map((line) => `  ${line}`);
  if (step.observations === undefined)
    return [
      `  restored${saves}`,
      `  ${style.palette.dim('It has no snapshot of its own: what it observed is told below.')}`,
    ];
  if (!inFull) return [`  restored${saves}`, ...details.slice(0, 1)];
  const seen = step.observations.map(bytesOf);
  return [
    `  restored${saves}: all that it observed is as it was`,
    ...(seen.length === 0 ? ['  It observed nothing that was not observed above.'] : []),
    ...observationGroups(seen, '--json', style),
    ...details.slice(1),
  ];
}

/** Groups take paths as bytes, one character each. */
function bytesOf({ kind, path }: ToldObservation): Pick<ToldObservation, 'kind' | 'path'> {
  return { kind, path: Buffer.from(path, 'utf8').toString('latin1') };
}
