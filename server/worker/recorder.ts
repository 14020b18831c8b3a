import type { BuildEvent } from '../../runner/index.ts';

/** Keeps what a run tells, and writes its report and timeline at the end. */
export interface Recorder {
  event(event: BuildEvent): void;
  /** `trouble`: what ended the run before its time, for people; null: nothing. Gives what could not be written. */
  end(trouble: string | null): readonly unknown[];
}

/** `path`: without `.html` and `.json`. `home`: the `LAYER_HOME` that is built in. */
export type OpenRecorder = (path: string, home: string) => Promise<Recorder>;
