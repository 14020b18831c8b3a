import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import {
  createMemoryDigestMemo,
  digestObservation,
  type Observation,
  openDirectoryWorkspace,
  type ReadSet,
} from '../../../fs-tracer/index.ts';
import { shellWord } from '../../../runner/command-text.ts';
import type { LookupStep, MissReason, SnapshotId, SnapshotStore } from '../../../snapshots/index.ts';
import type { Scratch, SharedBase } from '../../helpers/shared-base.ts';
import { CaseFolder } from './case-folder.ts';
import { openScratchStore, TracedSession } from './traced-session.ts';
import type { TracingCase } from './tracing-case.ts';

/** Where the guest has the workspace. */
const GUEST = '/w';
/** A static binary of many ways to look at a file (probe.c), as the guest has it. */
export const PROBE = `${GUEST}/tools/probe`;

/** Of one step of one case. */
const CASE_LIMIT_S = 40;

const MUSL_GCC =
  'musl-gcc -std=gnu11 -Os -s -static -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu -o'.split(' ');

/** What one step of a case did in the guest. */
export interface StepTrace {
  readonly printed: string;
  /** Of the case's folder and what is in it. */
  readonly observed: ReadSet;
}

export interface Verdict {
  /** How many of the case's steps are restored. */
  readonly restored: number;
  /** Why the next one is not; null where all are restored. */
  readonly miss: MissReason | null;
}

/**
 * Runs cases in one machine, over one workspace that has a folder for each, and answers afterwards which of their steps a
 * run would restore. All cases take their first step together, then their second, and so on.
 */
export class CaseBatch {
  readonly root: string;
  /** Whether anything in the workspace is not what it was before the guest ran. */
  wroteToWorkspace = false;
  readonly #cases: readonly TracingCase[];
  readonly #store: SnapshotStore;
  readonly #traces = new Map<string, readonly StepTrace[]>();
  readonly #saved = new Map<string, readonly LookupStep[]>();
  /** One for all look-ups, as the product has one for all runs. */
  readonly #digestMemo = createMemoryDigestMemo();

  private constructor(root: string, cases: readonly TracingCase[], store: SnapshotStore) {
    this.root = root;
    this.#cases = cases;
    this.#store = store;
  }

  static async run(
    base: SharedBase,
    scratch: Scratch,
    cases: readonly TracingCase[],
    root: string,
  ): Promise<CaseBatch> {
    const { store, home } = openScratchStore(scratch);
    const batch = new CaseBatch(root, cases, store);
    mkdirSync(join(root, 'tools'));
    const [compiler = '', ...flags] = MUSL_GCC;
    execFileSync(compiler, [...flags, join(root, 'tools/probe'), join(import.meta.dirname, 'probe.c')]);
    for (const each of cases) batch.rebuild(each);
    await using traced = await TracedSession.start(base, {
      store,
      home,
      root,
      layerfile: `FROM vm/debian:12\nCOPY . ${GUEST}/\n`,
    });
    const before = fingerprint(root);
    await traced.perform(2);
    await batch.#runSteps(traced);
    batch.wroteToWorkspace = fingerprint(root) !== before;
    for (const each of cases) await batch.#publish(each);
    return batch;
  }

  /** What each step of a case printed and observed. */
  tracesOf({ name }: TracingCase): readonly StepTrace[] {
    const traces = this.#traces.get(name);
    if (traces === undefined) throw new Error(`${name} did not run`);
    return traces;
  }

  /** Makes a case's folder anew, as it was when the case ran: every inode number and every time is another one. */
  rebuild({ name, make }: TracingCase): CaseFolder {
    rmSync(join(this.root, name), { recursive: true, force: true });
    const folder = new CaseFolder(join(this.root, name));
    make(folder);
    return folder;
  }

  /** What the look-up of the product says of a case's steps, with the workspace as it is now, at `root` if given. */
  verdict({ name }: TracingCase, root = this.root): Verdict {
    const steps = this.#saved.get(name) ?? [];
    const workspace = openDirectoryWorkspace({ root, digestMemo: this.#digestMemo });
    const { hit, misses } = this.#store.findDeepest({
      steps,
      digest: (observed) => digestObservation(workspace, observed),
    });
    return { restored: hit?.restoredSteps ?? 0, miss: misses[0] ?? null };
  }

  dispose(): void {
    this.#store[Symbol.dispose]();
  }

  async #runSteps(traced: TracedSession): Promise<void> {
    const count = Math.max(...this.#cases.map(({ steps }) => steps.length));
    for (let index = 0; index < count; index++) {
      const cases = this.#cases.filter(({ steps }) => index < steps.length);
      const printed = parse(await traced.script(cases.map((each) => scriptOf(each, index)).join('')));
      const { newObservations, trouble } = await traced.endStep();
      if (trouble !== null) throw new Error(trouble);
      for (const { name } of this.#cases) {
        const observed = newObservations.filter(({ path }) => path === name || path.startsWith(`${name}/`));
        // What came late belongs to no step of its case: it would be an observation nobody expects.
        const step = { printed: printed.get(name) ?? '', observed };
        if (printed.has(name) || observed.length > 0) this.#traces.set(name, [...(this.#traces.get(name) ?? []), step]);
      }
    }
  }

  /** Stores a case's steps as snapshots without files: their keys are all that a look-up needs. */
  async #publish(each: TracingCase): Promise<void> {
    let parent: SnapshotId | null = null;
    const saved: LookupStep[] = [];
    for (const [index, { observed }] of this.tracesOf(each).entries()) {
      const history = { workspace: this.root, layerfile: each.name, step: String(index + 1) };
      const fields = { case: each.name, step: String(index + 1) };
      const label = `${each.name} ${index + 1}`;
      const facts = { parent, dependsOn: [], steps: [fields], payload: null, label, durationMs: 1, history };
      ({ id: parent } = await this.#store.publish(this.#store.begin(), { ...facts, observations: observed }));
      saved.push({ fields, label, history });
    }
    this.#saved.set(each.name, saved);
  }
}

/** `KIND PATH` as cases have it: below the case's folder, '.' for itself. That the folder itself is there says nothing. */
export function shownObservations({ name }: TracingCase, observed: ReadSet): readonly string[] {
  return observed
    .map((observation) => shownObservation(name, observation))
    .filter((shown) => shown !== 'exists .')
    .sort();
}

export function shownObservation(name: string, { kind, path }: Pick<Observation, 'kind' | 'path'>): string {
  // sed -i looks for a name that nobody has.
  const below = path.slice(name.length + 1).replace(/\bsed\w{6}$/, 'sedXXXXXX');
  return `${kind} ${path === name ? '.' : below}`;
}

/** Of all that is in a folder, times of changes included. */
function fingerprint(root: string): string {
  const text = execFileSync('find', ['.', '-printf', '%p %y %i %m %n %u %s %T@ %C@ %l\n'], { cwd: root });
  return hash('sha256', text);
}

/** A case that hangs is ended and printed as such: it fails by itself, and the others go on. */
function scriptOf({ name, steps }: TracingCase, index: number): string {
  const commands = shellWord(`cd '${GUEST}/${name}' || exit\n${steps[index]?.run ?? ''}`);
  return `printf '\\n@@@ %s\\n' '${name}'
timeout ${CASE_LIMIT_S} bash -c ${commands} </dev/null 2>&1
[ $? != 124 ] || echo 'hangs'
printf '\\n@@@ end\\n'
`;
}

/** What was printed between each case's two marks. */
function parse(printed: string): ReadonlyMap<string, string> {
  const found = printed.matchAll(/\n@@@ (\S+)\n([^]*?)\n@@@ end\n/g);
  return new Map(Array.from(found, ([, name = '', text = '']) => [name, text]));
}
