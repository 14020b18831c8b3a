import { resolve } from 'node:path';

import type { BuildEvent } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { layerVersion } from '../version.ts';
import { OutputFile } from './output-file.ts';
import { pageText } from './page/page.ts';
import { RunRecorder } from './run-recorder.ts';
import { chromeTrace, traceText } from './timeline/chrome-trace.ts';

interface FilesAsked {
  /** As typed; null where it was not asked for. */
  readonly timeline: string | null;
  readonly report: string | null;
}

/** `--timeline` and `--report`: notes what a run tells, and writes it down when the run is over, however it ended. */
export class RunFiles {
  readonly #timeline: OutputFile | null;
  readonly #report: OutputFile | null;
  readonly #recorder = new RunRecorder(() => performance.now(), Date.now());
  readonly #errors: unknown[] = [];
  #isWritten = false;

  /** Paths are as seen from `directory`. Throws `USAGE` where one of them cannot be written. */
  constructor({ timeline, report }: FilesAsked, directory: string) {
    this.#timeline = timeline === null ? null : new OutputFile(resolve(directory, timeline), '--timeline');
    this.#report = report === null ? null : new OutputFile(resolve(directory, report), '--report');
    if (this.#timeline !== null && this.#timeline.path === this.#report?.path)
      throw new LayerError('USAGE', '--timeline and --report name the same file');
  }

  /** What `--up` keeps running is used from now on: what the build did is written before. */
  event(event: BuildEvent): void {
    this.#recorder.event(event);
    if (event.event === 'up') this.#write(null);
  }

  /**
   * Writes the files, unless that is done or the run ended before it began (a mistake in a Layerfile). `trouble`: what ended it,
   * as told on stderr. Gives what went wrong with that, which is no reason for a run to have failed.
   */
  end(trouble: string | null): readonly unknown[] {
    if (!this.#isWritten && this.#recorder.hasBegun) this.#write(trouble);
    return this.#errors;
  }

  #write(trouble: string | null): void {
    this.#isWritten = true;
    const record = this.#recorder.finish(trouble);
    const version = layerVersion();
    this.#attempt(() => this.#timeline?.write(traceText(chromeTrace(record, version))));
    this.#attempt(() => this.#report?.write(pageText(record, version)));
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#errors.push(error);
    }
  }
}
