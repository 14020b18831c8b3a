import type { CopyPlan, EndedTrace, TracedObservation } from '../../../runner/index.ts';

type Path = TracedObservation['path'];

/** A path in latin1, as traces have them, of a text. */
export function path(text: string): Path {
  return Buffer.from(text, 'utf8').toString('latin1') as Path;
}

/** A path of bytes that may be no text, one character a byte. */
export function rawPath(bytes: string): Path {
  return bytes as Path;
}

/** `seen('content', 'a', 'b')`: observations of one kind. */
export function seen(kind: TracedObservation['kind'], ...names: readonly string[]): readonly TracedObservation[] {
  return names.map((name) => ({ path: path(name), kind, digest: 'file', ignored: false }));
}

export function ignored(observations: readonly TracedObservation[]): readonly TracedObservation[] {
  return observations.map((observation) => ({ ...observation, ignored: true }));
}

/** A trace of a command that ended with 0 and did nothing, but for what is given. */
export function endedTrace(given: Partial<EndedTrace> = {}): EndedTrace {
  return {
    outcome: 'ended',
    exitCode: 0,
    signal: null,
    durationMs: 1234.5678,
    root: '/home/me/project',
    folder: path(''),
    observations: [],
    written: 0,
    removed: 0,
    leftBehind: 0,
    changedDuringRun: [],
    trouble: null,
    copies: null,
    ...given,
  };
}

/** A plan that copies nothing, but for what is given. */
export function copyPlan(given: Partial<CopyPlan> = {}): CopyPlan {
  return {
    folders: [],
    files: [],
    links: [],
    names: [],
    emptyFolders: [],
    specials: [],
    ignored: [],
    absent: [],
    ...given,
  };
}
