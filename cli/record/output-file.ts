import { accessSync, constants, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { LayerError } from '../../util/layer-error.ts';

/** A file that a command was asked to write. Found out before the run, which may take long, to be writable. */
export class OutputFile {
  readonly path: string;
  readonly #flag: string;
  /** False for a pipe or a device, which is written to and never replaced. */
  readonly #isReplaced: boolean;

  /** `path` is absolute. Throws `USAGE`, naming `flag`, where it cannot be written. */
  constructor(path: string, flag: string) {
    this.#flag = flag;
    try {
      const there = statSync(path, { throwIfNoEntry: false });
      // What a link leads to is replaced, and not the link.
      this.path = there === undefined ? path : realpathSync(path);
      this.#isReplaced = there === undefined || there.isFile();
      if (there?.isDirectory() === true) throw new Error('it is a folder');
      if (there !== undefined) accessSync(this.path, constants.W_OK);
      if (this.#isReplaced) accessSync(dirname(this.path), constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new LayerError('USAGE', `Cannot write ${flag} ${path}`, {
        cause,
        hint: 'Name a file in a folder that exists and that you may write to.',
      });
    }
  }

  /** Whoever reads it sees what was there before, or all of `text`. Throws `WORKSPACE_UNREADABLE`. */
  write(text: string): void {
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      writeFileSync(this.#isReplaced ? temporary : this.path, text);
      if (this.#isReplaced) renameSync(temporary, this.path);
    } catch (cause) {
      if (this.#isReplaced) rmSync(temporary, { force: true });
      throw new LayerError('WORKSPACE_UNREADABLE', `Cannot write ${this.#flag} ${this.path}`, { cause });
    }
  }
}
