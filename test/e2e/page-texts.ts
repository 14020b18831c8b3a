import type { Page } from 'playwright-core';

import { contrastOf } from '../cli/record/page/contrast.ts';

type Channels = readonly [number, number, number];

/** A text that can be read, with its colour and the colour behind it. */
export interface PageText {
  readonly text: string;
  readonly colour: Channels;
  readonly ground: Channels;
}

/** A program for the page, whose names (`document` and so on) this one does not know. */
const FIND_TEXTS = `(() => {
  const channels = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const groundOf = (element) => {
    const [red, green, blue, alpha = 1] = channels(getComputedStyle(element).backgroundColor);
    if (alpha === 0) return element.parentElement === null ? [255, 255, 255] : groundOf(element.parentElement);
    return [red, green, blue];
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() !== null) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (text === '' || !element.checkVisibility()) continue;
    texts.push({ text, colour: channels(getComputedStyle(element).color).slice(0, 3), ground: groundOf(element) });
  }
  return texts;
})()`;

/** All texts of `page` that can be seen without opening anything. */
export function textsOf(page: Page): Promise<readonly PageText[]> {
  return page.evaluate<readonly PageText[]>(FIND_TEXTS);
}

/** How wide `page` is, less what scrolls inside of it. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth');
}

/** The texts whose contrast is below what WCAG 2.2 asks for (1.4.3, level AA). */
export function paleTexts(texts: readonly PageText[]): readonly string[] {
  return texts
    .map(({ text, colour, ground }) => ({ text, ratio: contrastOf(colour, ground) }))
    .filter(({ ratio }) => ratio < 4.5)
    .map(({ text, ratio }) => `${ratio.toFixed(2)}: ${text}`);
}
