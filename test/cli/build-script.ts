import type { BuildEvent, BuildResult, Exposed, StepEnded, StepOutput, StepStarted } from '../../runner/index.ts';

const LAYERFILE = 'web/Layerfile';

/** Events of one build of `web/Layerfile`, with as little as a test has to say about each. */
export const BUILD: BuildEvent = { event: 'build', layerfile: LAYERFILE, name: 'web', steps: 5 };

export function started(step: number, instruction: string): StepStarted {
  return { event: 'start', layerfile: LAYERFILE, step, line: step, instruction };
}

export function output(step: number, text: string, stream: StepOutput['stream'] = 'stdout'): StepOutput {
  return { event: 'output', layerfile: LAYERFILE, step, stream, text };
}

export function ended(step: number, instruction: string, about: Partial<StepEnded>): StepEnded {
  return {
    event: 'step',
    layerfile: LAYERFILE,
    step,
    line: step,
    instruction,
    outcome: 'ran',
    durationMs: 0,
    exitCode: 0,
    observed: null,
    snapshot: null,
    snapshotMs: null,
    snapshotBytes: null,
    miss: null,
    ...about,
  };
}

export function result(about: Partial<BuildResult> = {}): BuildResult {
  const none = { restored: 0, ran: 0, failed: 0, waiting: 0, durationMs: 0, savedMs: 0 };
  return { event: 'result', outcome: 'succeeded', ...none, ...about };
}

/** Two steps restored, one that ran because of an edit, one that fails, one below it. */
export const FAILING_BUILD: readonly BuildEvent[] = [
  BUILD,
  ended(1, 'FROM vm/debian:12', { outcome: 'restored' }),
  ended(2, 'COPY . .', { outcome: 'restored' }),
  { event: 'activity', layerfile: LAYERFILE, activity: 'restore', text: 'restoring the machine' },
  started(3, 'RUN npm install'),
  output(3, 'added 12 pack'),
  output(3, 'ages\n\u001b[32mdone\u001b[39m'),
  ended(3, 'RUN npm install', {
    durationMs: 8123.4,
    miss: { reason: 'changed', kind: 'content', path: 'package.json', was: 'sha256:1', now: 'sha256:2' },
  }),
  { event: 'warning', layerfile: LAYERFILE, text: 'clock went backwards' },
  started(4, 'RUN npm test'),
  output(4, '1 passed\n'),
  output(4, '2 failed\n', 'stderr'),
  ended(4, 'RUN npm test', { outcome: 'failed', exitCode: 3, durationMs: 940, miss: { reason: 'instruction' } }),
  ended(5, 'RUN <<EOF\nmake\nEOF', { outcome: 'skipped', exitCode: null }),
  result({ outcome: 'failed', restored: 2, ran: 1, failed: 1, durationMs: 9100, savedMs: 192_000 }),
];

export function exposed(url: string, guestPort: number, layerfile = LAYERFILE): Exposed {
  return { event: 'exposed', layerfile, kind: url.startsWith('tcp:') ? 'tcp' : 'website', url, guestPort };
}

/** What `--up` adds to a build: two websites and a port. */
export const UP: readonly BuildEvent[] = [
  result({ restored: 3, durationMs: 300 }),
  exposed('http://localhost:23456/', 3000),
  exposed('http://localhost:23456/api', 13_001),
  exposed('tcp://localhost:15432', 5432),
  { event: 'up', exposed: 3 },
];
