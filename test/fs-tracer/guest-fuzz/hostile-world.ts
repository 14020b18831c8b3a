import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Content, a name and a link's target outside the workspace, and content that is hidden in it: no reply may hold this. */
export const CANARY = 'canary-5b1f-must-not-be-seen';
const BIG_BYTES = 3 << 20;
const MANY = 400;

/** Runs in a thread of its own: swaps the folder `swap` with a symlink to the outside until it is told to stop. */
const SWAPPER = `
const { parentPort, workerData: { workspace, outside } } = require('node:worker_threads');
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [swap, real] = [workspace + '/swap', workspace + '/real'];
const turn = () => {
  for (let swaps = 20; swaps > 0; swaps--) {
    renameSync(swap, real);
    symlinkSync(outside, swap);
    unlinkSync(swap);
    renameSync(real, swap);
  }
};
const timer = setInterval(turn, 1);
parentPort.once('message', () => { clearInterval(timer); parentPort.close(); });
`;

/** A workspace on disk with all kinds of things in it, and beside it what must never be seen. */
export class HostileWorld implements AsyncDisposable {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'layer-guest-fuzz-')));
  readonly workspace = join(this.#folder, 'workspace');
  readonly #outside = join(this.#folder, 'outside');
  #swapper: Worker | null = null;

  constructor() {
    this.#makeOutside();
    this.#makeWorkspace();
  }

  startSwapping(): void {
    const workerData = { workspace: this.workspace, outside: this.#outside };
    this.#swapper = new Worker(SWAPPER, { eval: true, workerData });
  }

  get socket(): string {
    return join(this.#folder, 'port');
  }

  #makeOutside(): void {
    mkdirSync(join(this.#outside, 'sub'), { recursive: true });
    for (const name of ['secret', 'sub/secret', CANARY]) writeFileSync(join(this.#outside, name), CANARY);
    symlinkSync(CANARY, join(this.#outside, 'link'));
  }

  #makeWorkspace(): void {
    const at = (path: string): string => join(this.workspace, path);
    for (const folder of ['a/b/c', 'many', 'hidden', 'swap/sub']) mkdirSync(at(folder), { recursive: true });
    writeFileSync(at('.layerignore'), 'hidden\n');
    for (const path of ['hidden/secret', 'hidden/other']) writeFileSync(at(path), CANARY);
    for (const path of ['swap/secret', 'swap/sub/secret', 'a/b/c/file', 'top']) writeFileSync(at(path), `of ${path}\n`);
    symlinkSync('seen', at('swap/link'));
    writeFileSync(at('empty'), '');
    writeFileSync(at('big'), '');
    truncateSync(at('big'), BIG_BYTES);
    for (let number = 0; number < MANY; number++)
      writeFileSync(at(`many/${'n'.repeat(number % 200)}${number}`), `${number}`);
    writeFileSync(Buffer.concat([Buffer.from(at('a/')), Buffer.from([0xff, 0xfe, 0x0a, 0x20])]), 'no utf-8');
    for (const [name, target] of Object.entries({
      out: '../outside',
      file: '../outside/secret',
      up: '..',
      loop: 'loop',
    }))
      symlinkSync(target, at(name));
    symlinkSync(join(this.#outside, 'secret'), at('absolute'));
    execFileSync('mkfifo', [at('fifo')]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#swapper !== null) {
      const ended = new Promise((resolve) => this.#swapper?.once('exit', resolve));
      this.#swapper.postMessage('stop');
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }
}
