const ASCII = /^[\x20-\x7e]*$/;
const ZERO_WIDTH = /^[\p{M}\u200B-\u200D\uFE00-\uFE0F]$/u;
const DOUBLE_WIDTH =
  /^[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]$|^\p{Emoji_Presentation}$/u;

/** Screen columns that `text` takes, near enough: combining marks none, East Asian letters and emoji two. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** At most `width` columns; what is cut off becomes `…`. */
export function truncateEnd(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? '' : `${takeColumns(Array.from(text), width - 1)}…`;
}

/** At most `width` columns, keeping the end. */
export function truncateStart(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  const tail = takeColumns(Array.from(text).reverse(), width - 1);
  return `…${Array.from(tail).reverse().join('')}`;
}

/** At most `width` columns, keeping both ends, as fits sentences about long paths. */
export function truncateMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  const characters = Array.from(text);
  const head = takeColumns(characters, Math.floor((width - 1) / 2));
  const tail = takeColumns(characters.reverse(), Math.ceil((width - 1) / 2));
  return `${head}…${Array.from(tail).reverse().join('')}`;
}

function columnsOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return DOUBLE_WIDTH.test(character) ? 2 : 1;
}

function takeColumns(characters: readonly string[], width: number): string {
  let taken = '';
  let columns = 0;
  for (const character of characters) {
    columns += columnsOf(character);
    if (columns > width) break;
    taken += character;
  }
  return taken;
}
