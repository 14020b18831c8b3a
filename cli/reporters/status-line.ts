import {
  type BuildStarted,
  type BuildWarning,
  missSentence,
  type StepEnded,
  type StepOutcome,
} from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';
import { truncateEnd, truncateMiddle, widthOf } from '../text-width.ts';
import type { Palette, Style } from './palette.ts';

/** The parts of one aligned line: `✓ 3/5  ran          8.1 s  RUN npm install  (package.json changed)`. */
export interface StatusLine {
  /** One column wide; none in logs. */
  readonly mark?: string;
  readonly label: string;
  /** At most nine characters. */
  readonly word: string;
  readonly style: Style;
  readonly durationMs: number | null;
  readonly text: string;
  readonly remark: string;
}

/** Of word and duration together: they share the blanks between them. */
const STATUS_WIDTH = 18;
/** With less room than this for the text, a window is too narrow for columns. */
const LEAST_ROOM = 8;

/** One line of at most `columns` columns: the text gives way to the remark down to half of what they have together. */
export function formatStatusLine(line: StatusLine, columns: number, palette: Palette): string {
  const duration = line.durationMs === null ? '' : formatDuration(line.durationMs);
  const head = line.mark === undefined ? '' : `${line.mark} `;
  const gap = ' '.repeat(Math.max(1, STATUS_WIDTH - line.word.length - duration.length));
  const before = `${head}${line.label}  ${line.word}${gap}${duration}  `;
  const room = columns - widthOf(before);
  const paint = palette[line.style];
  if (room < LEAST_ROOM) return paint(truncateEnd(`${head}${line.label} ${line.text}`, columns));
  const spare = Math.max(room - widthOf(line.text) - 2, Math.floor(room / 2));
  const remark = truncateMiddle(line.remark, spare);
  const text = truncateEnd(line.text, remark === '' ? room : room - widthOf(remark) - 2);
  return [
    `${head === '' ? '' : paint(head)}${line.label}  ${paint(line.word)}${gap}${palette.dim(duration)}  ${text}`,
    remark === '' ? '' : `  ${palette.dim(remark)}`,
  ].join('');
}

/** One line of a log: as long as it is. */
export function formatLogLine(
  line: Pick<StatusLine, 'label' | 'word' | 'text'> & Partial<StatusLine>,
  palette: Palette,
): string {
  return formatStatusLine({ style: 'dim', durationMs: null, remark: '', ...line }, Infinity, palette).trimEnd();
}

/** One column, for {@link StatusLine.mark}. */
export const MARKS: Readonly<Record<StepOutcome, string>> = {
  restored: '✓',
  ran: '✓',
  failed: '✗',
  cancelled: '✗',
  skipped: '-',
  'would-run': '▸',
};

export const OUTCOME_STYLES: Readonly<Record<StepOutcome, Style>> = {
  restored: 'cyan',
  ran: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'yellow',
  'would-run': 'yellow',
};

/** The line of a step that has ended, for {@link formatStatusLine}. */
export function endedStepLine(step: StepEnded, label: string): StatusLine {
  const { outcome, durationMs } = step;
  const took = outcome === 'ran' || outcome === 'failed' || outcome === 'cancelled';
  return {
    label,
    word: outcome,
    style: OUTCOME_STYLES[outcome],
    durationMs: took ? durationMs : null,
    text: instructionText(step.instruction),
    remark: remarkOf(step),
  };
}

/** An instruction on one line; of a here-document its first. */
export function instructionText(instruction: string): string {
  const [first = '', ...others] = instruction.split('\n');
  return `${printableLine(first)}${others.length === 0 ? '' : ' …'}`;
}

/** `web/Layerfile (web, 5 steps)`. */
export function buildTitle({ layerfile, name, steps }: BuildStarted): string {
  return printableLine(`${layerfile} (${name}, ${steps} ${steps === 1 ? 'step' : 'steps'})`);
}

/** `web/Layerfile: ...`; a warning about the cache as a whole names no file. */
export function warningText({ layerfile, text }: BuildWarning): string {
  return printableLine(layerfile === '' ? text : `${layerfile}: ${text}`);
}

function remarkOf({ step, instruction, outcome, miss, exitCode }: StepEnded): string {
  if (outcome === 'failed') return exitCode === null ? '' : `(exit code ${exitCode})`;
  if (outcome !== 'ran' && outcome !== 'would-run') return '';
  return miss === null ? '' : `(${missSentence(miss, step, instruction)})`;
}
