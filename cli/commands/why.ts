import type { BuildEvent, StepEnded } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { WhyArguments } from '../arguments/build-arguments.ts';
import { printableLine } from '../../util/printable-text.ts';
import { createPalette, hasColour } from '../reporters/palette.ts';
import type { Surroundings } from '../surroundings.ts';
import { explainSteps, type PlannedLayerfile } from '../why/explain-steps.ts';
import { runOptions } from './build.ts';
import { readStepOperands } from './step-operands.ts';
import { workingFolder } from './working-folder.ts';

const DEFAULT_COLUMNS = 80;

/** `layer why`: a plan, of which one step is told in full. Resolves to the exit code. */
export async function why(request: WhyArguments, surroundings: Surroundings, signal: AbortSignal): Promise<number> {
  const { stdout, stderr, environment } = surroundings;
  const folder = workingFolder(surroundings.currentFolder, request.directory);
  const { path, step } = readStepOperands(request.operands, folder);
  const { planLayerfiles } = await surroundings.loadRunner();
  const events: BuildEvent[] = [];
  const options = runOptions(request, folder, { environment, signal, emit: (event) => events.push(event) });
  await planLayerfiles({ ...options, paths: [path], explain: 'fully' });
  const layerfiles = layerfilesIn(events);
  const chosen = layerfiles.map((layerfile) => ({ ...layerfile, steps: chooseSteps(layerfile, step) }));
  requireSome(chosen, step);
  if (request.json) for (const { steps } of chosen) for (const each of steps) stdout.write(`${JSON.stringify(each)}\n`);
  else {
    const style = {
      palette: createPalette(hasColour(stdout, environment)),
      columns: stdout.columns ?? DEFAULT_COLUMNS,
    };
    stdout.write(explainSteps(chosen, layerfiles, step !== null, style));
    for (const event of events)
      if (event.event === 'warning') stderr.write(`layer: ${printableLine(`${event.layerfile}: ${event.text}`)}\n`);
  }
  return 0;
}

function layerfilesIn(events: readonly BuildEvent[]): readonly PlannedLayerfile[] {
  const steps = events.filter((event) => event.event === 'step');
  return events
    .filter((event) => event.event === 'build')
    .map((build) => ({ build, steps: steps.filter(({ layerfile }) => layerfile === build.layerfile) }));
}

/** Without a wish: the first step that would run (and do something), else all. */
function chooseSteps({ steps }: PlannedLayerfile, wanted: string | null): readonly StepEnded[] {
  if (wanted !== null) {
    const isNumber = /^\d+$/.test(wanted);
    return steps.filter(({ step, instruction }) =>
      isNumber ? String(step) === wanted : instruction.startsWith(wanted),
    );
  }
  const running = steps.filter(({ outcome }) => outcome === 'would-run');
  const first = running.find(({ planned }) => planned?.why !== 'nothing-done') ?? running[0];
  return first === undefined ? steps : [first];
}

function requireSome(chosen: readonly PlannedLayerfile[], wanted: string | null): void {
  if (wanted === null || chosen.some(({ steps }) => steps.length > 0)) return;
  throw new LayerError('USAGE', `No step is \`${wanted}\`, and there is no such file or folder`, {
    hint: 'STEP is a number from 1 (FROM), or how an instruction begins. `layer plan` lists the steps.',
  });
}
