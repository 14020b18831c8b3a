import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Of what is waited for on a screen: a machine that starts under TCG on a busy host takes some of it. */
const LIMIT_MS = 120_000;

/** A shell's commands at a terminal of 80 columns, made by util-linux's script: what a person would see, and type. */
export class TerminalSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #written = '';
  /** All before it was waited for already. */
  #position = 0;
  #onWritten: () => void = () => undefined;

  constructor(commands: string, { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.#child = spawn('script', ['-qec', `tty; stty cols 80 rows 24; ${commands}`, '/dev/null'], { cwd, env });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.#written += bytes.toString();
      this.#onWritten();
    });
  }

  /** Waits until `pattern` appears behind all that was waited for before; resolves to the match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const match = pattern.exec(this.#written.slice(this.#position));
      if (match !== null) {
        this.#position += match.index + match[0].length;
        return match;
      }
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const lost = (): void => reject(new Error(`Waited in vain for ${pattern}: ${JSON.stringify(this.#written)}`));
      this.#onWritten = () => resolve(undefined);
      signal.addEventListener('abort', lost, { once: true });
      void this.#ended.then(lost);
      await promise;
    }
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** As a window that is dragged to another size. `terminal`: the path that `tty` has printed. */
  resize(terminal: string, columns: number, rows: number): void {
    execFileSync('stty', ['-F', terminal, 'cols', String(columns), 'rows', String(rows)]);
  }

  /** All that was written to the terminal, when it has ended. */
  async end(): Promise<string> {
    await this.#ended;
    return this.#written;
  }
}
