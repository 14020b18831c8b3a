import type { OutputStream } from '../output-stream.ts';

/** More than this is not kept back. */
const LARGEST_BATCH = 64 * 1024;

/** Writes what comes in one go, with one write: 200 Layerfiles that are restored at once tell 4000 events. */
export class BatchedOutput {
  readonly #stdout: OutputStream;
  #batch = '';

  constructor(stdout: OutputStream) {
    this.#stdout = stdout;
  }

  /** Written before anything else happens in this process, except for what runs now. */
  write(text: string): void {
    if (this.#batch === '') queueMicrotask(() => this.flush());
    this.#batch += text;
    if (this.#batch.length > LARGEST_BATCH) this.flush();
  }

  flush(): void {
    const batch = this.#batch;
    this.#batch = '';
    if (batch !== '') this.#stdout.write(batch);
  }
}
