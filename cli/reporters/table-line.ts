import { truncateEnd, truncateMiddle, truncateStart, widthOf } from '../text-width.ts';
import type { Palette, Style } from './palette.ts';

/** The cells of one line: `▸ api     5/9      12 s  RUN npm ci  added 12 packages`. */
export interface TableLine {
  /** One column wide. */
  readonly mark: string;
  readonly style: Style;
  readonly name: string;
  readonly count: string;
  /** At most nine characters; absent where no line around it has one. */
  readonly time?: string;
  readonly text: string;
  /** In parentheses. Takes what the text leaves, and up to half of the room from a long one. */
  readonly remark?: string;
  /** Takes what the text leaves, and nothing from it unless there is plenty of room. */
  readonly output?: string;
}

export interface TableShape {
  /** Of the longest name, and of the longest count. */
  readonly nameWidth: number;
  readonly countWidth: number;
}

const TIME_WIDTH = 9;
/** With less room for the text than this, it is worth more than the time; and then, than the columns. */
const LEAST_ROOM = { withTime: 16, withColumns: 8 };
/** A name takes at most this part of a line. */
const NAME_SHARE = 0.25;
const LEAST_NAME = 10;
/** From this room on, an instruction leaves half of it to what it writes. */
const PLENTY_OF_ROOM = 60;
/** An instruction is not cut shorter than this for a remark; nothing is shown of a remark or output with less room. */
const LEAST_TEXT = 20;
const LEAST_REMARK = 12;

/** One line of at most `columns` columns, whatever is in it. */
export function formatTableLine(line: TableLine, shape: TableShape, columns: number, palette: Palette): string {
  const nameRoom = Math.min(shape.nameWidth, Math.max(LEAST_NAME, Math.floor(columns * NAME_SHARE)));
  const name = padEnd(truncateMiddle(line.name, nameRoom), nameRoom);
  const head = 2 + nameRoom + 1 + shape.countWidth + 2;
  const hasTime = line.time !== undefined && columns - head - TIME_WIDTH - 1 >= LEAST_ROOM.withTime;
  const room = columns - head - (hasTime ? TIME_WIDTH + 1 : 0);
  const paint = palette[line.style];
  if (room < LEAST_ROOM.withColumns) return paint(truncateEnd(`${line.mark} ${line.name} ${line.text}`, columns));
  const cells = [
    `${paint(line.mark)} ${name}`,
    palette.dim(line.count.padStart(shape.countWidth)),
    ...(hasTime ? [palette.dim((line.time ?? '').padStart(TIME_WIDTH))] : []),
  ];
  const texts = formatTexts(line, room, palette);
  // What only waits is all of it in the background.
  return `${cells.join(' ')}  ${line.style === 'dim' ? paint(texts) : texts}`.trimEnd();
}

function formatTexts({ text, remark = '', output = '' }: TableLine, room: number, palette: Palette): string {
  const other = remark === '' ? output : remark;
  const half = Math.floor(room / 2);
  const taken = remark === '' ? (room < PLENTY_OF_ROOM ? 0 : half) : Math.min(half, room - LEAST_TEXT - 2);
  const otherRoom = Math.max(room - widthOf(text) - 2, taken);
  if (other === '' || otherRoom < Math.min(LEAST_REMARK, widthOf(other))) return truncateEnd(text, room);
  const cut = remark === '' ? truncateEnd(output, otherRoom) : cutRemark(remark, otherRoom);
  return `${truncateEnd(text, room - widthOf(cut) - 2)}  ${palette.dim(cut)}`;
}

/** What a sentence about a file says is at its end: the file's own name, and what became of it. */
function cutRemark(remark: string, room: number): string {
  return widthOf(remark) <= room ? remark : `(${truncateStart(remark.slice(1), room - 1)}`;
}

function padEnd(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`;
}
