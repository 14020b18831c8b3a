import type { BuildEvent } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import type { Reporter } from './reporter.ts';

/** Events for programs (docs/cli.md): one JSON object a line. Times are whole milliseconds. */
export class JsonReporter implements Reporter {
  readonly #stdout: OutputStream;

  constructor(stdout: OutputStream) {
    this.#stdout = stdout;
  }

  event(event: BuildEvent): void {
    this.#stdout.write(`${JSON.stringify(event, roundTimes)}\n`);
  }

  end(): void {
    // Every event was written as it came.
  }
}

function roundTimes(key: string, value: unknown): unknown {
  return typeof value === 'number' && key.endsWith('Ms') ? Math.round(value) : value;
}
