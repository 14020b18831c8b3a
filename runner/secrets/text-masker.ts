/** What stands in the place of a secret. */
const MASK = '***';

/** Texts that must not be shown, ready to be searched for all at once. */
export class MaskedTexts {
  readonly texts: readonly string[];
  readonly #expression: RegExp | null;

  /** Where several begin at one place, the longest counts. */
  constructor(texts: Iterable<string>) {
    this.texts = [...new Set(texts)].filter((text) => text !== '').sort((one, other) => other.length - one.length);
    const alternatives = this.texts.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    this.#expression = alternatives.length === 0 ? null : new RegExp(alternatives.join('|'), 'g');
  }

  /** A text that is whole. */
  mask(text: string): string {
    return this.#expression === null ? text : text.replaceAll(this.#expression, MASK);
  }

  /** The first place from `start` on where one of the texts stands. */
  find(text: string, start: number): { readonly start: number; readonly end: number } | null {
    if (this.#expression === null) return null;
    this.#expression.lastIndex = start;
    const found = this.#expression.exec(text);
    return found === null ? null : { start: found.index, end: found.index + found[0].length };
  }
}

/**
 * Masks a stream of text: whatever the pieces, what comes out is together what {@link MaskedTexts.mask} makes of the whole.
 * Only what may be the beginning of a masked text is held back.
 */
export class TextMasker {
  #masked: MaskedTexts;
  #held = '';

  constructor(masked: MaskedTexts) {
    this.#masked = masked;
  }

  /** From here on others are masked, what is held back included. */
  set masked(masked: MaskedTexts) {
    this.#masked = masked;
  }

  push(piece: string): string {
    if (this.#masked.texts.length === 0) return piece;
    const text = this.#held + piece;
    let shown = '';
    let position = 0;
    let open = openEnd(text, position, this.#masked.texts);
    // What begins before the open end is decided: no longer text can still begin there.
    for (let next = this.#masked.find(text, 0); next !== null && next.start < open; ) {
      shown += text.slice(position, next.start) + MASK;
      position = next.end;
      if (position > open) open = openEnd(text, position, this.#masked.texts);
      next = this.#masked.find(text, position);
    }
    this.#held = text.slice(open);
    return shown + text.slice(position, open);
  }

  /** Nothing follows: what was held back. */
  flush(): string {
    const rest = this.#masked.mask(this.#held);
    this.#held = '';
    return rest;
  }
}

/** Where the part of `text` starts, at `from` or later, that one of `masked` might begin with. */
function openEnd(text: string, from: number, masked: readonly string[]): number {
  const longest = masked.map((whole) =>
    longestBeginning(whole, text.slice(Math.max(from, text.length - whole.length + 1))),
  );
  return text.length - Math.max(0, ...longest);
}

/** Length of the longest end of `tail`, a shorter text than `whole`, that `whole` begins with (Knuth, Morris, Pratt). */
function longestBeginning(whole: string, tail: string): number {
  if (tail === '') return 0;
  const joined = `${whole.slice(0, tail.length)}${tail}`;
  const borders = new Uint32Array(joined.length);
  for (let index = 1, border = 0; index < joined.length; borders[index++] = border) {
    while (border > 0 && (joined[index] !== joined[border] || border === tail.length))
      border = borders[border - 1] ?? 0;
    if (joined[index] === joined[border]) border++;
  }
  return borders.at(-1) ?? 0;
}
