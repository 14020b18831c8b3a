import { join } from 'node:path';

import type { ListedSnapshot } from '../../runner/index.ts';
import { formatAge } from '../age.ts';
import { formatDuration } from '../../util/duration.ts';
import { printableLine } from '../../util/printable-text.ts';
import type { Palette } from '../reporters/palette.ts';
import { formatSize } from '../size.ts';
import { alignTable } from '../table.ts';
import { truncateEnd, truncateMiddle } from '../text-width.ts';

/** Enough to tell 10,000 snapshots apart as a rule; commands take any beginning that only one has. */
const ID_DIGITS = 8;
const INDENT = '  ';
const LEAST_STEP_WIDTH = 12;
const HEADER = ['ID', '', 'STEP', 'SIZE', 'AGE', 'USED', 'HITS', 'SAVES'];
const STEP_COLUMN = 2;
const ALIGNMENTS = ['left', 'right', 'left', 'right', 'right', 'right', 'right', 'right'] as const;

export interface TableStyle {
  readonly palette: Palette;
  readonly columns: number;
  readonly nowMs: number;
  /** The user's home folder, if any: shown as `~`. */
  readonly home: string | undefined;
}

/** Grouped by Layerfile, the one used last at the end; the steps of each in their order. */
export function snapshotTable(snapshots: readonly ListedSnapshot[], style: TableStyle): readonly string[] {
  const groups = groupsOf(snapshots);
  const rows = [HEADER, ...groups.flatMap(({ members }) => members.map((member) => cellsOf(member, style.nowMs)))];
  const [header = '', ...lines] = fitted(rows, style.columns - INDENT.length).map((line) => INDENT + line);
  const text = [style.palette.dim(header)];
  for (const { title, members } of groups) {
    text.push(truncateMiddle(printableLine(shortened(title, style.home)), style.columns));
    text.push(...lines.splice(0, members.length));
  }
  return text;
}

export function shortId(id: string): string {
  return id.slice(0, ID_DIGITS);
}

interface Group {
  readonly title: string;
  readonly usedAtMs: number;
  readonly members: readonly ListedSnapshot[];
}

function groupsOf(snapshots: readonly ListedSnapshot[]): readonly Group[] {
  const byTitle = Map.groupBy(snapshots, ({ step }) =>
    step === null ? '(unknown)' : join(step.workspace, step.layerfile),
  );
  const groups = Array.from(byTitle, ([title, members]) => ({
    title,
    usedAtMs: Math.max(...members.map(({ usedAtMs }) => usedAtMs)),
    members: members.toSorted((one, other) => stepOrder(one) - stepOrder(other) || one.createdAtMs - other.createdAtMs),
  }));
  return groups.sort((one, other) => one.usedAtMs - other.usedAtMs);
}

/** Copies of SPLIT have names such as `3#1`. */
function stepOrder({ step }: ListedSnapshot): number {
  return Number.parseInt(step?.number ?? '0', 10);
}

function cellsOf(snapshot: ListedSnapshot, nowMs: number): readonly string[] {
  const { id, label, step, sizeBytes, createdAtMs, usedAtMs, isInUse, hits, durationMs, isFailed } = snapshot;
  const [firstLine = ''] = label.split('\n');
  return [
    shortId(id),
    step?.number ?? '',
    printableLine(firstLine),
    formatSize(sizeBytes),
    formatAge(nowMs - createdAtMs),
    isInUse ? 'now' : formatAge(nowMs - usedAtMs),
    String(hits),
    isFailed ? 'failed' : formatDuration(durationMs),
  ];
}

/** Steps are cut off where the lines would be too wide. */
function fitted(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const others = alignTable(
    ALIGNMENTS,
    rows.map((row) => row.with(STEP_COLUMN, '')),
  );
  const room = Math.max(LEAST_STEP_WIDTH, columns - Math.max(...others.map((line) => line.length)));
  return alignTable(
    ALIGNMENTS,
    rows.map((row) => row.with(STEP_COLUMN, truncateEnd(row[STEP_COLUMN] ?? '', room))),
  );
}

function shortened(path: string, home: string | undefined): string {
  return home !== undefined && home !== '' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
