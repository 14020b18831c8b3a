import type { AskPerson, BuildEvent, BuildResult, RunOptions, StepEnded } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import type { BuildArguments } from '../arguments.ts';
import type { Surroundings } from '../surroundings.ts';
import { openReporter } from '../reporters/open-reporter.ts';
import type { Reporter } from '../reporters/reporter.ts';
import { askAtTerminal, isPersonThere } from '../person.ts';
import { keepStorage } from '../keep-storage.ts';
import { printableLine } from '../printable-text.ts';
import { INTERRUPTED_EXIT_CODE } from '../signals.ts';
import { workingFolder } from './working-folder.ts';

/** `layer run` and `layer plan`: the runner's events go to the chosen reporter. Resolves to the exit code. */
export async function build(
  request: BuildArguments & { readonly command: 'run' | 'plan' },
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const keepBytes = keepStorage(surroundings.environment);
  const folder = workingFolder(surroundings.currentFolder, request.directory);
  const [runner, reporter] = await Promise.all([
    surroundings.loadRunner(),
    openReporter(request, { ...surroundings, signal }),
  ]);
  const failed: StepEnded[] = [];
  const saved: string[] = [];
  const emit = (event: BuildEvent): void => {
    if (event.event === 'step' && event.outcome === 'failed') failed.push(event);
    if (event.event === 'step' && event.outcome === 'ran' && event.snapshot !== null) saved.push(event.snapshot);
    reporter.event(event);
  };
  const askPerson = isPersonThere(request, surroundings) ? asking(surroundings, reporter) : undefined;
  const options = {
    ...runOptions(request, folder, { environment: surroundings.environment, signal, emit }),
    lookAhead: surroundings.lookAhead,
    ...(askPerson === undefined ? {} : { askPerson }),
  };
  let result: BuildResult;
  try {
    result = await (request.command === 'run' ? runner.runLayerfiles(options) : runner.planLayerfiles(options));
  } finally {
    reporter.end();
  }
  for (const step of failed) surroundings.stderr.write(`${failureText(step)}\n`);
  const start = surroundings.startInBackground;
  if (saved.length > 0 && start !== undefined && surroundings.environment['LAYER_UPKEEP'] !== 'off') {
    const { startUpkeepIfDue } = await import('./start-upkeep.ts');
    await startUpkeepIfDue(runner, { home: layerHome(surroundings.environment), keepBytes }, start);
  }
  return exitCodeOf(result, signal);
}

export function runOptions(
  request: BuildArguments,
  directory: string,
  { environment, signal, emit }: Pick<Surroundings, 'environment'> & Pick<RunOptions, 'signal' | 'emit'>,
): RunOptions {
  const { paths, accelerator, noCache, force, revision, up, given, timeoutMs } = request;
  return {
    paths,
    directory,
    home: layerHome(environment),
    accelerator,
    noCache,
    force,
    up,
    keepGoing: request.keepGoing,
    ...(request.jobs === null ? {} : { jobs: request.jobs }),
    ...(request.memoryBytes === null ? {} : { memoryMib: Math.floor(request.memoryBytes / 2 ** 20) }),
    ...(request.verbose ? { explain: 'briefly' as const } : {}),
    given,
    ...(revision === null ? {} : { rev: revision }),
    ...(timeoutMs === null ? {} : { timeoutMs }),
    signal,
    emit,
  };
}

/** The reporter draws nothing while a person is asked: the cursor is behind the question. */
function asking(surroundings: Surroundings, reporter: Reporter): AskPerson {
  return async (question, signal) => {
    using _hold = reporter.hold?.();
    return await askAtTerminal(surroundings, question, signal);
  };
}

/** Says on stderr, in every mode, which line of which file failed. */
function failureText({ layerfile, line, instruction, exitCode }: StepEnded): string {
  const [firstLine = ''] = instruction.split('\n');
  const how = exitCode === null ? '' : ` with exit code ${exitCode}`;
  return printableLine(`layer: ${layerfile}:${line}: \`${firstLine}\` failed${how}`);
}

/** A run that was cancelled by its `--timeout` did not succeed; one that a person or a program stopped was interrupted. */
function exitCodeOf({ outcome }: BuildResult, signal: AbortSignal): number {
  if (outcome === 'succeeded') return 0;
  return outcome === 'cancelled' && signal.aborted ? INTERRUPTED_EXIT_CODE : 1;
}
