import { type FSWatcher, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HOOK = join(import.meta.dirname, 'fault-hook.ts');

/** The fault points that processes pass, as they pass them (fault-hook.ts). */
export class PointLog implements Disposable {
  readonly #file: string;
  readonly #watcher: FSWatcher;
  #changed = Promise.withResolvers<undefined>();

  constructor(file: string) {
    this.#file = file;
    writeFileSync(file, '');
    this.#watcher = watch(file, () => {
      this.#changed.resolve(undefined);
      this.#changed = Promise.withResolvers();
    });
  }

  /** For a process that writes here; with a `strike` it kills `target` at that point. */
  environment(strike?: { readonly point: string; readonly target: string }): NodeJS.ProcessEnv {
    const environment = { NODE_OPTIONS: `--import=${HOOK}`, FAULT_LOG: this.#file };
    return strike === undefined
      ? environment
      : { ...environment, FAULT_POINT: strike.point, FAULT_TARGET: strike.target };
  }

  /** What a process has passed, in order; `struck` where it struck. */
  passedBy(pid: number): readonly string[] {
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    return lines.filter((line) => line.startsWith(`${pid} `)).map((line) => line.slice(String(pid).length + 1));
  }

  /** Resolves when the process has passed so many points, which may never be. */
  async passed(pid: number, count: number): Promise<void> {
    while (this.passedBy(pid).length < count) await this.#changed.promise;
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }
}
