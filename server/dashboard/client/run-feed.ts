import { type Signal, signal } from '@preact/signals';

import type { RecordedEvent } from '../../api/schemas/index.ts';
import { RunView } from '../model/run-view.ts';
import { followStream } from './event-stream.ts';

/** A run as it is told: the view changes, and with it `version`, at most once a frame. */
export interface RunFeed {
  readonly view: RunView;
  readonly version: Signal<number>;
  /** Whether what had happened before is all there: until then it would only flash by. */
  readonly isCurrent: Signal<boolean>;
  readonly close: () => void;
}

/** Follows the events of a job's run. `runStartedAtMs`: for events whose times are of the clock, and not since the run began. */
export function followRun(job: number, run: number, runStartedAtMs: number): RunFeed {
  const view = new RunView();
  const version = signal(0);
  const isCurrent = signal(false);
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const aborter = new AbortController();
  let isDue = false;
  const show = (): void => {
    isDue = false;
    version.value++;
  };
  void followStream(
    {
      path: `/api/jobs/${job}/events?run=${run}`,
      onEvents: (events) => {
        for (const { data } of events) view.take(sinceStart(JSON.parse(data) as RecordedEvent, runStartedAtMs));
        // A hidden page has no frames.
        if (!isDue) (document.hidden ? setTimeout : requestAnimationFrame)(show);
        isDue = true;
        clearTimeout(quiet);
        if (!isCurrent.value) quiet = setTimeout(() => (isCurrent.value = true), view.ended === null ? QUIET_MS : 0);
        return view.ended !== null;
      },
    },
    aborter.signal,
  );
  return { view, version, isCurrent, close: () => aborter.abort() };
}

/** So long after the last of them nothing more had happened yet. */
const QUIET_MS = 150;

const YEAR_2000_MS = 946_684_800_000;

function sinceStart(line: RecordedEvent, startedAtMs: number): RecordedEvent {
  return line.atMs < YEAR_2000_MS ? line : { ...line, atMs: Math.max(0, line.atMs - startedAtMs) };
}
