import type { EndedTrace, TracedObservation } from '../../runner/index.ts';
import { textOf } from './path-text.ts';

/** One object, on one line (docs/cli.md). */
export function jsonText(words: readonly string[], trace: EndedTrace): string {
  const { exitCode, signal, durationMs, root, folder, observations } = trace;
  const { written, removed, leftBehind, changedDuringRun, trouble } = trace;
  const object = {
    command: words,
    exitCode,
    signal,
    durationMs: Math.round(durationMs),
    workspace: root,
    folder: readable(folder),
    observations: observations.map(observationObject),
    written,
    removed,
    leftBehind,
    changedDuringRun: changedDuringRun.map(readable),
    trouble,
  };
  return `${JSON.stringify(object)}\n`;
}

/** A path that is no text has its bytes beside it. */
function observationObject({ path, kind, digest, ignored }: TracedObservation): Readonly<Record<string, unknown>> {
  const bytes = textOf(path) === null ? { pathBase64: Buffer.from(path, 'latin1').toString('base64') } : {};
  return { path: readable(path), ...bytes, kind, digest, ignored };
}

function readable(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
