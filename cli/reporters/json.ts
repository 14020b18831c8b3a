import type { BuildEvent } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import { BatchedOutput } from './batched-output.ts';
import type { Reporter } from './reporter.ts';

/** Events for programs (docs/cli.md): one JSON object a line. Times are whole milliseconds. */
export class JsonReporter implements Reporter {
  readonly #output: BatchedOutput;

  constructor(stdout: OutputStream) {
    this.#output = new BatchedOutput(stdout);
  }

  event(event: BuildEvent): void {
    // Few events have anything to round, and looking for it is ten times faster than having JSON.stringify ask.
    this.#output.write(`${hasFraction(event) ? JSON.stringify(event, roundTimes) : JSON.stringify(event)}\n`);
  }

  end(): void {
    this.#output.flush();
  }
}

function hasFraction(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value);
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (hasFraction((value as Record<string, unknown>)[key])) return true;
  return false;
}

function roundTimes(key: string, value: unknown): unknown {
  return typeof value === 'number' && key.endsWith('Ms') ? Math.round(value) : value;
}
