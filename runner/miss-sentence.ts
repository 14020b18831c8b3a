import type { Miss } from './build-event.ts';
import { printableLine } from '../util/printable-text.ts';
import { machineSentence } from './machine-sentence.ts';

type ChangedMiss = Extract<Miss, { readonly reason: 'changed' }>;

/** Why step number `step` was not restored, as part of a sentence: `package.json changed`, `.env appeared`, `new`. */
export function missSentence(miss: Miss, step: number, instruction = ''): string {
  switch (miss.reason) {
    case 'new':
      return 'new';
    case 'forced':
      return 'forced';
    case 'evicted':
      return 'its snapshot was removed';
    case 'instruction':
      if (miss.was !== undefined) return 'the instruction changed';
      if (miss.parent !== undefined) return `${printableLine(miss.parent)} runs anew`;
      if (miss.machine !== undefined) return machineSentence(miss.machine);
      if (step === 1) return 'the machine or its image changed';
      return TAKES_VALUES.test(instruction) ? 'a value or a step above changed' : 'a step above changed';
    case 'unpublishable':
      return `${pathList(miss.paths)} changed while it ran last`;
    case 'changed':
      return changedSentence({ ...miss, path: printableLine(miss.path) });
  }
}

/** Instructions that are keyed by more than their text. */
const TAKES_VALUES = /^(BUILD ENV|SECRET ENV|SKIP REMAINING IF) /;

/** The digests tell what became of the path: see `digestObservation` in fs-tracer/ for their forms. */
function changedSentence(miss: ChangedMiss): string {
  const { kind, path, was, now } = miss;
  if (kind === 'absent' || was === 'absent') return `${path} appeared`;
  if (now === 'absent') return `${path} was removed`;
  const name = path === '' ? '.' : path;
  const becomes = BECOMES[now];
  if (becomes !== undefined && was !== now) return `${name} is now ${becomes}`;
  switch (kind) {
    case 'content':
      return withoutExecBit(was) === withoutExecBit(now) ? `exec bit of ${name} changed` : `${name} changed`;
    case 'listing':
      return `files in ${name}/ changed`;
    case 'stat':
      return statSentence(name, was, now);
    case 'link':
      return `${name} points elsewhere`;
    case 'exists':
      return `type of ${name} changed`;
  }
}

/** Digests that are the type of what is there now, where it was something else. */
const BECOMES: Readonly<Partial<Record<string, string>>> = {
  file: 'a file',
  folder: 'a folder',
  symlink: 'a symlink',
  special: 'a special file',
};

function statSentence(name: string, was: string, now: string): string {
  if (withoutExecBit(was) === withoutExecBit(now)) return `exec bit of ${name} changed`;
  return was.includes('+x') === now.includes('+x') ? `size of ${name} changed` : `size and exec bit of ${name} changed`;
}

function withoutExecBit(digest: string): string {
  return digest.replace('+x', '');
}

function pathList(paths: readonly string[]): string {
  const [first = 'a file', ...others] = paths.map(printableLine);
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
