import type { OutputStream } from '../../cli/output-stream.ts';

/** Keeps what is written to it. */
export class RecordedStream implements OutputStream {
  readonly isTTY: boolean;
  text = '';

  constructor({ isTTY = false }: { readonly isTTY?: boolean } = {}) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}
