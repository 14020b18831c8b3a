import { styleText } from 'node:util';

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
