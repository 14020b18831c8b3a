import { styleText } from 'node:util';

import type { OutputStream } from '../output-stream.ts';

const STYLES = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;

export type Style = (typeof STYLES)[number];

/** Styles a text, or leaves it alone where colour is not wanted. */
export type Palette = Readonly<Record<Style, (text: string) => string>>;

export function createPalette(coloured: boolean): Palette {
  const styles = STYLES.map((style) => {
    const paint = (text: string): string => styleText(style, text, { validateStream: false });
    return [style, coloured ? paint : (text: string): string => text] as const;
  });
  return Object.fromEntries(styles) as Palette;
}

/** Whether `stream` is a terminal that shows colours, and nobody forbids them; see https://no-color.org. */
export function hasColour(stream: OutputStream, environment: NodeJS.ProcessEnv): boolean {
  return canMoveCursor(stream, environment) && (environment['NO_COLOR'] ?? '') === '';
}

export function canMoveCursor(stream: OutputStream, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}
