import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

/**
 * Compares what a run printed with the committed `NAME.txt`, times left out. With UPDATE_TRANSCRIPTS set, writes that file
 * instead, and fails: look at the change and commit it.
 */
export function compareTranscript(t: ExecutionContext, name: string, text: string): void {
  const file = join(import.meta.dirname, `${name}.txt`);
  if (process.env['UPDATE_TRANSCRIPTS'] !== undefined) {
    writeFileSync(file, normalized(text));
    t.fail(`${file} was written`);
    return;
  }
  t.is(normalized(text), readFileSync(file, 'utf8'));
}

const DURATION = String.raw`(?:\d+ h \d\d m|\d+ m \d\d s|[\d.]+ s)`;
/** Of a step's line, and in the summary. */
const DURATIONS = new RegExp(String.raw`(^\S+ +(?:ran|failed)| in| saved) +${DURATION}`, 'gm');

/** A service's first words: in its step or after the last one, as fast as the machine is. */
const LISTENING = /^\d+\/\d+ +\| listening on \d+\n/gm;

/** What differs from run to run becomes `<time>`, or is left out. */
function normalized(text: string): string {
  return text
    .replaceAll(LISTENING, '')
    .replaceAll(DURATIONS, '$1 <time>')
    .replaceAll(/(added \d+ packages in) \S+/g, '$1 <time>')
    .replaceAll(/Up for [^.]+\./g, 'Up for <time>.');
}
