import { stripVTControlCharacters } from 'node:util';

/** C0 and C1 controls (tabs and line feeds are dealt with before), and the marks that reorder text on the screen. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Most lines are: nothing has to be looked for in them. */
const HARMLESS = /^[\x20-\x7e]*$/;

/**
 * One line of text from a guest, a file or a file name, made harmless for a screen: no escape sequences, no controls, tabs
 * as blanks. Of a line that was overwritten with carriage returns (progress bars) the last version.
 */
export function printableLine(line: string): string {
  if (HARMLESS.test(line)) return line;
  const returned = line.replace(/\r+$/, '');
  const last = returned.slice(returned.lastIndexOf('\r') + 1);
  return stripVTControlCharacters(last).replaceAll('\t', '    ').replace(CONTROLS, '');
}

/** The same for text of several lines. */
export function printableText(text: string): string {
  return text.split('\n').map(printableLine).join('\n');
}
