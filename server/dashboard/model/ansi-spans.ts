import Anser from 'anser';

import { colouredText } from './ansi-state.ts';

/** A stretch of one look. `classes` are of style/ansi.css; `colour` and `background` are `r, g, b` of 24-bit colours. */
export interface AnsiSpan {
  readonly text: string;
  readonly classes: string;
  readonly colour: string | null;
  readonly background: string | null;
}

const PLAIN = { classes: '', colour: null, background: null } as const;

/** A line of a log as stretches; `style` is what is in force where it begins. */
export function ansiSpans(text: string, style: string): readonly AnsiSpan[] {
  const line = colouredText(text);
  if (style === '' && !line.includes('\u001b')) return [{ text: line, ...PLAIN }];
  return Anser.ansiToJson(style + line, { json: true, use_classes: true, remove_empty: true }).map((entry) => ({
    text: entry.content.replaceAll('\u001b', ''),
    classes: classesOf(entry),
    colour: trueColour(entry.fg, entry.fg_truecolor),
    background: trueColour(entry.bg, entry.bg_truecolor),
  }));
}

type Entry = ReturnType<typeof Anser.ansiToJson>[number];

function classesOf({ fg, bg, decorations }: Entry): string {
  const ofColours = [colourClass(fg, 'fg'), colourClass(bg, 'bg')];
  return [...ofColours, ...decorations.map((decoration) => `ansi-${decoration}`)]
    .filter((name) => name !== '')
    .join(' ');
}

/** Anser types what may be null as a string. */
function colourClass(colour: string | null, side: 'fg' | 'bg'): string {
  return colour === null || colour === 'ansi-truecolor' ? '' : `${colour}-${side}`;
}

function trueColour(colour: string | null, value: string | null): string | null {
  return colour === 'ansi-truecolor' ? value : null;
}

/** A stretch, and whether it is what was searched for. */
export interface MarkedSpan extends AnsiSpan {
  readonly isMatch: boolean;
}

/** Cuts stretches where what was searched for begins and ends. `needle` is in small letters; empty: nothing is searched for. */
export function markMatches(spans: readonly AnsiSpan[], needle: string): readonly MarkedSpan[] {
  if (needle === '') return spans.map((span) => ({ ...span, isMatch: false }));
  const whole = spans
    .map(({ text }) => text)
    .join('')
    .toLowerCase();
  const cuts: number[] = [];
  for (let at = whole.indexOf(needle); at !== -1; at = whole.indexOf(needle, at + needle.length)) {
    cuts.push(at, at + needle.length);
  }
  return cutAt(spans, cuts);
}

/** `cuts` alternate: a match begins, a match ends. */
function cutAt(spans: readonly AnsiSpan[], cuts: readonly number[]): readonly MarkedSpan[] {
  const marked: MarkedSpan[] = [];
  let [offset, next] = [0, 0];
  for (const span of spans) {
    let rest = span.text;
    while (rest !== '') {
      while (next < cuts.length && (cuts[next] ?? 0) <= offset) next++;
      const length = Math.min(rest.length, (cuts[next] ?? Infinity) - offset);
      marked.push({ ...span, text: rest.slice(0, length), isMatch: next % 2 === 1 });
      rest = rest.slice(length);
      offset += length;
    }
  }
  return marked;
}
