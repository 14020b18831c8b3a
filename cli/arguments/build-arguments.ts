import { parseDuration } from '../../util/duration.ts';
import { parseCount } from '../count.ts';
import { type Accelerator, ACCELERATORS, PROGRESS_MODES, type ProgressMode } from '../flags.ts';
import { givenVariables } from '../given-variables.ts';
import { parseMemory } from '../size.ts';
import { type GivenFlags, lastValue, valuesOf } from './given-flags.ts';
import { oneOf } from './refusals.ts';

/** What `run` and `plan` are asked for. */
export interface BuildArguments {
  /** As typed; `['.']` where none was. */
  readonly paths: readonly string[];
  /** As typed after `-C`. */
  readonly directory: string | null;
  readonly json: boolean;
  readonly progress: ProgressMode;
  readonly noCache: boolean;
  readonly force: readonly string[];
  /** As typed after `--rev`; null: the files on disk. */
  readonly revision: string | null;
  readonly jobs: number | null;
  /** For all machines together. */
  readonly memoryBytes: number | null;
  readonly keepGoing: boolean;
  /** Only of `run`. */
  readonly up: boolean;
  /** Only of `plan`, as are the next two. As typed after `--since`. */
  readonly since: string | null;
  /** Exit with 1 where a step would run, or is affected. */
  readonly exitCode: boolean;
  readonly verbose: boolean;
  /** `--env` and `--build-env`. */
  readonly given: { readonly env: ReadonlyMap<string, string>; readonly buildEnv: ReadonlyMap<string, string> };
  readonly timeoutMs: number | null;
  /** As typed after `--timeline`; only of `run`. */
  readonly timeline: string | null;
  /** As typed after `--report`; only of `run`. */
  readonly report: string | null;
  readonly accelerator: Accelerator;
}

/** What `why` is asked for: as a plan, of one step. */
export interface WhyArguments extends BuildArguments {
  /** As typed: PATH, STEP, or both in this order. */
  readonly operands: readonly string[];
}

/** What `shell` is asked for. */
export interface ShellArguments extends Pick<BuildArguments, 'directory' | 'given' | 'accelerator' | 'revision'> {
  /** As typed: PATH, STEP, or both in this order. */
  readonly operands: readonly string[];
  /** What stands after `--`: a program and its arguments; none: a shell. */
  readonly words: readonly string[];
}

export function buildArguments(flags: GivenFlags, environment: NodeJS.ProcessEnv): Omit<BuildArguments, 'paths'> {
  const timeout = lastValue(flags, 'timeout');
  const accelerator = lastValue(flags, 'accel');
  const [jobs, memory] = [lastValue(flags, 'jobs'), lastValue(flags, 'memory')];
  return {
    directory: lastValue(flags, 'directory'),
    json: flags.has('json'),
    progress: oneOf(PROGRESS_MODES, lastValue(flags, 'progress') ?? 'auto', '--progress'),
    noCache: flags.has('no-cache'),
    revision: lastValue(flags, 'rev'),
    since: lastValue(flags, 'since'),
    exitCode: flags.has('exit-code'),
    jobs: jobs === null ? null : parseCount(jobs, '--jobs'),
    memoryBytes: memory === null ? null : parseMemory(memory, '--memory'),
    keepGoing: flags.has('keep-going'),
    up: flags.has('up'),
    verbose: flags.has('verbose'),
    force: valuesOf(flags, 'force'),
    given: {
      env: givenVariables(valuesOf(flags, 'env'), '--env', environment),
      buildEnv: givenVariables(valuesOf(flags, 'build-env'), '--build-env', environment),
    },
    timeoutMs: timeout === null ? null : parseDuration(timeout, '--timeout'),
    timeline: lastValue(flags, 'timeline'),
    report: lastValue(flags, 'report'),
    accelerator: accelerator === null ? acceleratorOf(environment) : oneOf(ACCELERATORS, accelerator, '--accel'),
  };
}

export function acceleratorOf(environment: NodeJS.ProcessEnv): Accelerator {
  return oneOf(ACCELERATORS, environment['LAYER_ACCEL'] || 'auto', 'LAYER_ACCEL');
}
