import type { StepEnded } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import type { Palette } from './palette.ts';
import { endedStepLine, formatStatusLine, MARKS } from './status-line.ts';
import type { StepLabels } from './step-labels.ts';
import { type FailureOutput, failureText } from './step-outputs.ts';

/** A step that failed, with the last lines that it wrote. */
export interface Failure {
  readonly step: StepEnded;
  readonly output: FailureOutput;
}

/** Of all failures together; of one alone all that is remembered. */
const SHOWN_LINES = 1000;
const LEAST_SHOWN_LINES = 10;

/** Steps that failed while others went on: each with its place, its exit code and what it wrote, below an empty line. */
export function failureLines(
  failures: readonly Failure[],
  labels: StepLabels,
  columns: number,
  palette: Palette,
): readonly string[] {
  const most = Math.max(LEAST_SHOWN_LINES, Math.floor(SHOWN_LINES / failures.length));
  return failures.flatMap(({ step, output }) => {
    const label = `${labels.names.of(step)} ${labels.count(step)}`;
    const line = { mark: MARKS.failed, ...endedStepLine(step, label) };
    const place = palette.dim(`  ${printableLine(step.layerfile)}:${step.line}`);
    return [
      '',
      formatStatusLine(line, columns, palette),
      place,
      ...failureText(output, most).map((text) => `    ${text}`),
    ];
  });
}
