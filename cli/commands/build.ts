import type { AskPerson, BuildEvent, BuildResult, RunOptions, StepEnded } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import type { BuildArguments } from '../arguments/build-arguments.ts';
import { explainError } from '../explain-error.ts';
import type { RunFiles } from '../record/run-files.ts';
import type { Surroundings } from '../surroundings.ts';
import { BuildNames } from '../reporters/build-names.ts';
import { openReporter } from '../reporters/open-reporter.ts';
import type { Reporter } from '../reporters/reporter.ts';
import { askAtTerminal, isPersonThere, oneAtATime } from '../person.ts';
import { keepStorage } from '../keep-storage.ts';
import { Replay } from '../replay.ts';
import { printableLine } from '../../util/printable-text.ts';
import { INTERRUPTED_EXIT_CODE } from '../signals.ts';
import { shellHint } from './shell-hint.ts';
import { workingFolder } from './working-folder.ts';

/** `layer run` and `layer plan`: the runner's events go to the chosen reporter. Resolves to the exit code. */
export async function build(
  request: BuildArguments & { readonly command: 'run' | 'plan' },
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const keepBytes = keepStorage(surroundings.environment);
  const folder = workingFolder(surroundings.currentFolder, request.directory);
  using replay = Replay.follow(request, surroundings);
  const files = await openFiles(request, folder);
  const [runner, reporter] = await Promise.all([
    surroundings.loadRunner(),
    openReporter(request, { ...surroundings, signal }),
  ]);
  const names = new BuildNames();
  const failed: StepEnded[] = [];
  const saved: string[] = [];
  const differing: StepEnded[] = [];
  const emit = (event: BuildEvent): void => {
    if (event.event === 'build') names.learn(event);
    if (event.event === 'step' && event.outcome === 'failed') failed.push(event);
    if (event.event === 'step' && event.outcome === 'ran' && event.snapshot !== null) saved.push(event.snapshot);
    if (event.event === 'step' && (event.affected ?? event.outcome === 'would-run')) differing.push(event);
    files?.event(event);
    replay?.event(event);
    if (event.event === 'step' && event.failedState === true) saved.push('failed state');
    reporter.event(event);
  };
  const askPerson = isPersonThere(request, surroundings) ? asking(surroundings, reporter) : undefined;
  const options = {
    ...runOptions(request, folder, { environment: surroundings.environment, signal, emit }),
    lookAhead: surroundings.lookAhead,
    ...(replay === null ? {} : { onRepeatable: replay.onRepeatable }),
    ...(askPerson === undefined ? {} : { askPerson }),
  };
  let result: BuildResult;
  try {
    result = await (request.command === 'run' ? runner.runLayerfiles(options) : runner.planLayerfiles(options));
  } catch (error) {
    reporter.end();
    endFiles(files, explainError(error, signal).text, surroundings);
    throw error;
  }
  reporter.end();
  const unwritten = endFiles(files, null, surroundings);
  for (const step of failed) {
    surroundings.stderr.write(`${failureText(step, names)}\n`);
    if (step.failedState === true && request.revision === null)
      surroundings.stderr.write(`${printableLine(shellHint(step, folder, surroundings.currentFolder()))}\n`);
  }
  const start = surroundings.startInBackground;
  if (saved.length > 0 && start !== undefined && surroundings.environment['LAYER_UPKEEP'] !== 'off') {
    const { startUpkeepIfDue } = await import('./start-upkeep.ts');
    await startUpkeepIfDue(runner, { home: layerHome(surroundings.environment), keepBytes }, start);
  }
  await replay?.keep(request, runner, surroundings, signal);
  return request.exitCode && differing.length > 0 ? 1 : exitCodeOf(result, signal) || unwritten;
}

/** What `--timeline` and `--report` ask for, of which no other run loads anything. */
async function openFiles({ timeline, report }: BuildArguments, folder: string): Promise<RunFiles | null> {
  if (timeline === null && report === null) return null;
  const { RunFiles } = await import('../record/run-files.ts');
  return new RunFiles({ timeline, report }, folder);
}

/** Gives the exit code for what could not be written, 0 where all was. */
function endFiles(files: RunFiles | null, trouble: string | null, { stderr }: Surroundings): number {
  const problems = (files?.end(trouble) ?? []).map((error) => explainError(error));
  for (const { text } of problems) stderr.write(`${text}\n`);
  return problems[0]?.exitCode ?? 0;
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
    ...(request.since === null ? {} : { since: request.since }),
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
  return oneAtATime(async (question, signal) => {
    using _hold = reporter.hold?.();
    return await askAtTerminal(surroundings, question, signal);
  });
}

/** Says on stderr, in every mode, which line of which file failed. */
function failureText(step: StepEnded, names: BuildNames): string {
  const { layerfile, copy, line, instruction, exitCode } = step;
  const [firstLine = ''] = instruction.split('\n');
  const how = exitCode === null ? '' : ` with exit code ${exitCode}`;
  const which = copy === undefined ? '' : ` (copy ${copy}: ${names.of(step)})`;
  return printableLine(`layer: ${layerfile}:${line}: \`${firstLine}\` failed${how}${which}`);
}

/** A run that was cancelled by its `--timeout` did not succeed; one that a person or a program stopped was interrupted. */
function exitCodeOf({ outcome }: BuildResult, signal: AbortSignal): number {
  if (outcome === 'succeeded') return 0;
  return outcome === 'cancelled' && signal.aborted ? INTERRUPTED_EXIT_CODE : 1;
}
