import { truncateEnd, truncateMiddle, widthOf } from '../text-width.ts';
import type { Palette, Style } from './palette.ts';

/** The cells of one line: `▸ api     5/9      12 s  RUN npm ci  added 12 packages`. */
export interface TableLine {
  /** One column wide. */
  readonly mark: string;
  readonly style: Style;
  readonly name: string;
  readonly count: string;
  /** At most nine characters. */
  readonly time: string;
  readonly text: string;
  /** Takes what the text leaves, and up to half of the room from it. */
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
const LEAST_OUTPUT = 12;

/** One line of at most `columns` columns, whatever is in it. */
export function formatTableLine(line: TableLine, shape: TableShape, columns: number, palette: Palette): string {
  const nameRoom = Math.min(shape.nameWidth, Math.max(LEAST_NAME, Math.floor(columns * NAME_SHARE)));
  const name = padEnd(truncateMiddle(line.name, nameRoom), nameRoom);
  const head = 2 + nameRoom + 1 + shape.countWidth + 2;
  const hasTime = columns - head - TIME_WIDTH - 1 >= LEAST_ROOM.withTime;
  const room = columns - head - (hasTime ? TIME_WIDTH + 1 : 0);
  const paint = palette[line.style];
  if (room < LEAST_ROOM.withColumns) return paint(truncateEnd(`${line.mark} ${line.name} ${line.text}`, columns));
  const cells = [
    `${paint(line.mark)} ${name}`,
    palette.dim(line.count.padStart(shape.countWidth)),
    ...(hasTime ? [palette.dim(line.time.padStart(TIME_WIDTH))] : []),
  ];
  return `${cells.join(' ')}  ${formatTexts(line, room, palette)}`.trimEnd();
}

function formatTexts({ text, remark = '', output = '' }: TableLine, room: number, palette: Palette): string {
  const spare = room - widthOf(text) - 2;
  if (remark !== '') {
    const cut = truncateMiddle(remark, Math.max(spare, Math.floor(room / 2)));
    return `${truncateEnd(text, room - widthOf(cut) - 2)}  ${palette.dim(cut)}`;
  }
  const outputRoom = room < PLENTY_OF_ROOM ? spare : Math.max(spare, Math.floor(room / 2));
  if (output === '' || outputRoom < LEAST_OUTPUT) return truncateEnd(text, room);
  const cut = truncateEnd(output, outputRoom);
  return `${truncateEnd(text, room - widthOf(cut) - 2)}  ${palette.dim(cut)}`;
}

function padEnd(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`;
}
