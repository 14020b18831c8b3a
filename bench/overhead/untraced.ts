/**
 * The peer of overhead.ts: `untraced.ts REPOSITORY` does in a machine restored from the base of LAYER_HOME what the Layerfile
 * there says, by the same code, but without Layer's own work: COPY unpacks a tar on the guest's disk, nothing is traced,
 * nothing is saved. Prints a JSON line when a step begins and when it has ended.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { parseLayerfile } from '../../grammar/index.ts';
import { findBase } from '../../runner/base-machine.ts';
import type { BuildContext } from '../../runner/build-context.ts';
import { shellWord } from '../../runner/command-text.ts';
import { perform } from '../../runner/instructions/perform.ts';
import { decodePayload } from '../../runner/lineage-state.ts';
import { memoryOf } from '../../runner/machine-memory.ts';
import { fromOf } from '../../runner/plan.ts';
import type { Session } from '../../runner/session.ts';
import { StepContext } from '../../runner/step-context.ts';
import { type Step, stepsOf } from '../../runner/step.ts';
import { openSnapshotStore } from '../../snapshots/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { qemuMachines, STATE_FILES } from '../../vm/index.ts';

const repository = process.argv[2] ?? '.';
const home = layerHome();
const { layerfile } = await parseLayerfile(readFileSync(join(repository, 'Layerfile'), 'utf8'), 'Layerfile');
const steps = stepsOf(layerfile);
const context = { home, layerfile: 'Layerfile', accelerator: 'auto', machines: qemuMachines, emit: () => undefined };
const build = context as unknown as BuildContext;

const folder = mkdtempSync(join(tmpdir(), 'layer-bench-'));
try {
  tell('start', 1);
  await using machine = await restoreBase();
  const { lineage } = restored();
  tell('step', 1);
  const session = { machine, lineage } as unknown as Session;
  for (const step of steps.slice(1)) {
    tell('start', step.number);
    await performStep(session, step);
    tell('step', step.number);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function restored(): ReturnType<typeof decodePayload> {
  using store = openSnapshotStore({ home, onWarning: console.error });
  const base = store.list().find(({ label }) => label.startsWith('FROM '));
  if (base === undefined) throw new Error(`There is no base machine in ${home}`);
  return decodePayload(dirname(base.folder), base.payload);
}

async function restoreBase(): ReturnType<typeof qemuMachines.restore> {
  const base = await findBase(build, fromOf(steps), memoryOf(steps));
  if (base === null) throw new Error(`There is no base image in ${home}`);
  const disk = join(folder, 'machine', STATE_FILES.disk);
  mkdirSync(dirname(disk));
  return qemuMachines.restore({ config: base.config, keys: base.image.keys, disk, state: restored().machine });
}

async function performStep(session: Session, step: Step): Promise<void> {
  const { instruction } = step;
  if (instruction.kind === 'COPY') {
    await copyFiles(session);
    return;
  }
  const result = await perform(new StepContext(build, session, step, layerfile));
  if (!result.ok) throw new Error(`${instruction.text} failed: ${result.message}`);
}

/** What git has, as it is in the repository, to the working folder. */
async function copyFiles({ machine, lineage }: Session): Promise<void> {
  const names = execFileSync('git', ['-C', repository, 'ls-files', '-z']);
  const input = execFileSync('tar', ['-C', repository, '--null', '--files-from=-', '-c'], {
    input: names,
    maxBuffer: 1 << 28,
  });
  const end = await machine.run(`tar -C ${shellWord(lineage.workingDirectory)} -x`, { input });
  if (end.exitCode !== 0) throw new Error(`tar ended with ${JSON.stringify(end)}`);
}

function tell(event: 'start' | 'step', step: number): void {
  process.stdout.write(`${JSON.stringify({ event, step })}\n`);
}
