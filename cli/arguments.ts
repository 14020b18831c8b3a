import { parseArgs } from 'node:util';

import { LayerError } from '../util/layer-error.ts';
import { commandOf, isCommandName, LISTED_COMMANDS, type CommandName } from './command-table.ts';
import { parseAge } from './age.ts';
import type { PruneArguments, PruneLimits } from './commands/prune.ts';
import type { SnapshotsArguments } from './commands/snapshots.ts';
import { parseDuration } from '../util/duration.ts';
import {
  ACCELERATORS,
  FLAG_NAMES,
  flagOf,
  PROGRESS_MODES,
  TRACE_FORMATS,
  type Accelerator,
  type FlagName,
  type ProgressMode,
  type TraceFormat,
} from './flags.ts';
import { givenVariables } from './given-variables.ts';
import { nearestName } from '../util/nearest-name.ts';
import { parseCount } from './count.ts';
import { parseListen, parsePublicUrl, parseRole, type ServeArguments } from './serve-arguments.ts';
import { parseMemory, parseSize } from './size.ts';

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

/** What `check` is asked for. */
export interface CheckArguments {
  /** As typed; `['.']` where none was, and without meaning where `unsavedPath` is given. */
  readonly paths: readonly string[];
  readonly directory: string | null;
  readonly json: boolean;
  /** Check stdin as the Layerfile at this path; null: check files. */
  readonly unsavedPath: string | null;
}

/** What `trace` is asked for. */
export interface TraceArguments {
  /** The program and its arguments; at least one. */
  readonly words: readonly string[];
  readonly directory: string | null;
  readonly format: TraceFormat;
  /** As typed after `--output`. */
  readonly output: string | null;
}

export type SecretArguments =
  | { readonly action: 'set' | 'rm'; readonly name: string }
  | { readonly action: 'list'; readonly json: boolean };

export type Invocation =
  | ({ readonly command: 'run' | 'plan' } & BuildArguments)
  | ({ readonly command: 'why' } & WhyArguments)
  | ({ readonly command: 'shell' } & ShellArguments)
  | ({ readonly command: 'check' } & CheckArguments)
  | ({ readonly command: 'trace' } & TraceArguments)
  | ({ readonly command: 'secret' } & SecretArguments)
  | ({ readonly command: 'prune' } & PruneArguments)
  | ({ readonly command: 'snapshots' } & SnapshotsArguments)
  | { readonly command: 'upkeep'; readonly json: boolean }
  | ({ readonly command: 'serve' } & ServeArguments)
  | { readonly command: 'serve-worker'; readonly accelerator: Accelerator }
  | { readonly command: 'help'; readonly topic: CommandName | null }
  | { readonly command: 'version' };

/** The values given to each flag, in their order; `true` for a flag that takes none. */
type GivenFlags = ReadonlyMap<FlagName, readonly (string | true)[]>;

/** `args` without node and the script. Throws `USAGE`, naming what was typed and what was probably meant. */
export function parseArguments(args: readonly string[], environment: NodeJS.ProcessEnv): Invocation {
  const { tokens } = parseArgs({
    args: [...args],
    options: PARSE_OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const [typed, ...operands] = tokens.filter((token) => token.kind === 'positional').map(({ value }) => value);
  const command = typed === undefined ? null : knownCommand(typed);
  const flags = givenFlags(
    tokens.filter((token) => token.kind === 'option'),
    command,
  );
  if (flags.has('version')) return { command: 'version' };
  if (flags.has('help')) return { command: 'help', topic: command };
  if (command === 'trace' || command === 'shell') {
    const end = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? Infinity;
    const before = operands.length - tokens.filter(({ kind, index }) => kind === 'positional' && index > end).length;
    const [own, words] = [operands.slice(0, before), operands.slice(before)];
    if (command === 'trace') return { command, ...traceArguments(own, words, flags) };
    refuseMoreThan(2, command, own);
    if (words.length === 0 && end !== Infinity) throw new LayerError('USAGE', '`--` needs a command after it');
    return { command, operands: own, words, ...buildArguments(flags, environment) };
  }
  if (command !== null) return invocation(command, operands, flags, environment);
  if (args.length === 0) return { command: 'help', topic: null };
  throw new LayerError('USAGE', 'No command given', { hint: '`layer help` lists the commands.' });
}

const PARSE_OPTIONS = Object.fromEntries(
  FLAG_NAMES.map((name) => {
    const { short, value } = flagOf(name);
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, short === undefined ? { type } : { type, short }];
  }),
);

function knownCommand(typed: string): CommandName {
  if (isCommandName(typed)) return typed;
  if (/[./]/.test(typed)) {
    throw new LayerError('USAGE', `Unknown command \`${typed}\``, { hint: `To build it: layer run ${typed}` });
  }
  throw new LayerError('USAGE', `Unknown command \`${typed}\`${didYouMean(nearestName(typed, LISTED_COMMANDS))}`, {
    hint: '`layer help` lists the commands.',
  });
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function givenFlags(tokens: readonly OptionToken[], command: CommandName | null): GivenFlags {
  const given = new Map<FlagName, (string | true)[]>();
  for (const token of tokens) {
    const name = knownFlag(token, command);
    const values = given.get(name) ?? [];
    given.set(name, values);
    values.push(flagValue(name, token));
  }
  return given;
}

function knownFlag({ name, rawName }: OptionToken, command: CommandName | null): FlagName {
  const known = FLAG_NAMES.find((flag) => flag === name);
  // Asking for the version makes sense anywhere; what else a command has, the table says.
  const allowed = command === null ? FLAG_NAMES : [...commandOf(command).flags, 'version' as const];
  if (known !== undefined && allowed.includes(known)) return known;
  const hint = command === null ? '`layer help` lists the commands.' : `\`layer help ${command}\` lists its flags.`;
  const owner = command === null ? '' : ` for \`layer ${command}\``;
  const nearest = nearestName(
    rawName,
    allowed.map((flag) => `--${flag}`),
  );
  throw new LayerError('USAGE', `Unknown flag \`${rawName}\`${owner}${didYouMean(nearest)}`, { hint });
}

function flagValue(flag: FlagName, { rawName, value, inlineValue }: OptionToken): string | true {
  const placeholder = flagOf(flag).value;
  if (placeholder === undefined) {
    if (value === undefined) return true;
    throw new LayerError('USAGE', `${rawName} takes no value, and was given \`${value}\``);
  }
  // `--timeout --json` is a forgotten value, not a duration; `--force=-x` is meant.
  if (value !== undefined && value !== '' && (inlineValue === true || !/^-./.test(value))) return value;
  throw new LayerError('USAGE', `${rawName} needs a value: ${rawName} ${placeholder}`);
}

function invocation(
  command: Exclude<CommandName, 'trace' | 'shell'>,
  operands: readonly string[],
  flags: GivenFlags,
  environment: NodeJS.ProcessEnv,
): Invocation {
  const paths = operands.length === 0 ? ['.'] : operands;
  switch (command) {
    case 'run':
    case 'plan':
      return { command, paths, ...buildArguments(flags, environment) };
    case 'why':
      refuseMoreThan(2, command, operands);
      return { command, paths, operands, ...buildArguments(flags, environment) };
    case 'check':
      return { command, paths, ...checkArguments(operands, flags) };
    case 'secret':
      return { command, ...secretArguments(operands, flags) };
    case 'prune':
      refuseMoreThan(0, command, operands);
      return { command, ...pruneArguments(flags) };
    case 'snapshots':
      return { command, ...snapshotsArguments(operands, flags) };
    case 'upkeep':
      refuseMoreThan(0, command, operands);
      return { command, json: flags.has('json') };
    case 'help':
      refuseMoreThan(1, command, operands);
      return { command, topic: operands[0] === undefined ? null : knownCommand(operands[0]) };
    case 'serve':
      return { command, ...serveArguments(operands, flags) };
    case 'serve-worker':
      refuseMoreThan(0, command, operands);
      return { command, accelerator: acceleratorOf(environment) };
    case 'version':
      refuseMoreThan(0, command, operands);
      return { command };
  }
}

function checkArguments(operands: readonly string[], flags: GivenFlags): Omit<CheckArguments, 'paths'> {
  const isStdin = operands.includes('-');
  const path = lastValue(flags, 'stdin-path');
  if (isStdin && operands.length > 1)
    throw new LayerError('USAGE', '`-` stands for stdin, and cannot be checked together with files');
  if (!isStdin && path !== null)
    throw new LayerError('USAGE', '--stdin-path needs `-`: layer check - --stdin-path PATH');
  return {
    directory: lastValue(flags, 'directory'),
    json: flags.has('json'),
    unsavedPath: isStdin ? (path ?? 'Layerfile') : null,
  };
}

function buildArguments(flags: GivenFlags, environment: NodeJS.ProcessEnv): Omit<BuildArguments, 'paths'> {
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

function acceleratorOf(environment: NodeJS.ProcessEnv): Accelerator {
  return oneOf(ACCELERATORS, environment['LAYER_ACCEL'] || 'auto', 'LAYER_ACCEL');
}

/** Words before the `--` would be taken for the command by some and for its flags by others: there are none. */
function traceArguments(before: readonly string[], words: readonly string[], flags: GivenFlags): TraceArguments {
  const [extra] = before;
  if (extra !== undefined && words.length > 0) throw new LayerError('USAGE', `Unexpected \`${extra}\` before \`--\``);
  if (words.length === 0) {
    const example = extra === undefined ? 'make' : before.join(' ');
    throw new LayerError('USAGE', '`layer trace` needs `--` before the command', {
      hint: `Write: layer trace -- ${example}`,
    });
  }
  return {
    words,
    directory: lastValue(flags, 'directory'),
    format: oneOf(TRACE_FORMATS, lastValue(flags, 'format') ?? 'summary', '--format'),
    output: lastValue(flags, 'output'),
  };
}

const SECRET_ACTIONS = ['set', 'list', 'rm'] as const;

function secretArguments([typed, ...names]: readonly string[], flags: GivenFlags): SecretArguments {
  const hint = `Usage: ${commandOf('secret').usage}`;
  if (typed === undefined) throw new LayerError('USAGE', '`layer secret` needs to know what to do', { hint });
  const action = oneOf(SECRET_ACTIONS, typed, 'The word after `layer secret`');
  refuseMoreThan(action === 'list' ? 0 : 1, 'secret', names);
  if (action === 'list') return { action, json: flags.has('json') };
  if (flags.has('json')) throw new LayerError('USAGE', `\`layer secret ${action}\` prints no \`--json\``, { hint });
  const [name] = names;
  if (name === undefined) throw new LayerError('USAGE', `\`layer secret ${action}\` needs a name`, { hint });
  return { action, name };
}

const SERVE_ACTIONS = ['token', 'hook'] as const;
const TOKEN_ACTIONS = ['create', 'list', 'revoke'] as const;

/** Which flags are of which action: what does nothing there is refused. */
const SERVE_FLAGS: Readonly<Record<ServeArguments['action'], readonly FlagName[]>> = {
  serve: ['listen', 'public-url', 'data', 'jobs', 'memory', 'profile', 'json'],
  'create-token': ['role', 'data', 'json'],
  'list-tokens': ['data', 'json'],
  'revoke-token': ['data'],
  'install-hook': ['name', 'data'],
};

function serveArguments(operands: readonly string[], flags: GivenFlags): ServeArguments {
  const request = serveAction(operands, flags);
  const idle = [...flags.keys()].find((flag) => flag !== 'no-install' && !SERVE_FLAGS[request.action].includes(flag));
  if (idle === undefined) return request;
  const command = `layer serve${operands.length === 0 ? '' : ` ${operands.slice(0, 2).join(' ')}`}`;
  throw new LayerError('USAGE', `\`${command}\` has no --${idle}`, { hint: '`layer help serve` lists the flags.' });
}

function serveAction([typed, ...rest]: readonly string[], flags: GivenFlags): ServeArguments {
  const common = { data: lastValue(flags, 'data'), json: flags.has('json') };
  if (typed === undefined) return { ...common, ...serverArguments(flags) };
  const action = oneOf(SERVE_ACTIONS, typed, 'The word after `layer serve`');
  if (action === 'token') return { ...common, ...tokenArguments(rest, flags) };
  const [verb, repository] = rest;
  oneOf(['install'] as const, verb ?? '', 'The word after `layer serve hook`');
  refuseMoreThan(2, 'serve', rest);
  if (repository === undefined) throw new LayerError('USAGE', '`layer serve hook install` needs a repository');
  return { ...common, action: 'install-hook', repository, name: lastValue(flags, 'name') };
}

function serverArguments(flags: GivenFlags): Omit<Extract<ServeArguments, { action: 'serve' }>, 'data' | 'json'> {
  const [jobs, memory] = [lastValue(flags, 'jobs'), lastValue(flags, 'memory')];
  return {
    action: 'serve',
    listen: parseListen(lastValue(flags, 'listen')),
    publicUrl: parsePublicUrl(lastValue(flags, 'public-url')),
    jobs: jobs === null ? null : parseCount(jobs, '--jobs'),
    memoryBytes: memory === null ? null : parseMemory(memory, '--memory'),
    profile: lastValue(flags, 'profile'),
  };
}

type TokenArguments =
  | Omit<Extract<ServeArguments, { action: 'create-token' }>, 'data' | 'json'>
  | Omit<Extract<ServeArguments, { action: 'list-tokens' }>, 'data' | 'json'>
  | Omit<Extract<ServeArguments, { action: 'revoke-token' }>, 'data' | 'json'>;

function tokenArguments([typed, ...operands]: readonly string[], flags: GivenFlags): TokenArguments {
  const action = oneOf(TOKEN_ACTIONS, typed ?? '', 'The word after `layer serve token`');
  refuseMoreThan(action === 'list' ? 0 : 1, 'serve', operands);
  if (action === 'list') return { action: 'list-tokens' };
  const [operand] = operands;
  if (operand === undefined)
    throw new LayerError('USAGE', `\`layer serve token ${action}\` needs a ${action === 'create' ? 'name' : 'number'}`);
  if (action === 'create') return { action: 'create-token', name: operand, role: parseRole(lastValue(flags, 'role')) };
  return { action: 'revoke-token', id: parseCount(operand, 'The token') };
}

function valuesOf(flags: GivenFlags, name: FlagName): readonly string[] {
  return (flags.get(name) ?? []).filter((value) => value !== true);
}

/** `--caches` alone is about caches alone. */
function pruneArguments(flags: GivenFlags): PruneArguments {
  const caches = flags.has('caches');
  const limits = pruneLimits(flags);
  const isLimited = limits.all || limits.images || (limits.keepBytes ?? limits.olderThanMs) !== undefined;
  const snapshots = caches && !isLimited ? null : limits;
  return { json: flags.has('json'), dryRun: flags.has('dry-run'), caches, snapshots };
}

function pruneLimits(flags: GivenFlags): PruneLimits {
  const [keep, older] = [lastValue(flags, 'keep-storage'), lastValue(flags, 'older-than')];
  if (flags.has('all') && (keep ?? older) !== null)
    throw new LayerError('USAGE', '--all removes every snapshot: it leaves nothing for another limit');
  return {
    all: flags.has('all'),
    images: flags.has('images'),
    keepBytes: keep === null ? undefined : parseSize(keep, '--keep-storage'),
    olderThanMs: older === null ? undefined : parseAge(older, '--older-than'),
  };
}

function snapshotsArguments([typed, ...ids]: readonly string[], flags: GivenFlags): SnapshotsArguments {
  const json = flags.has('json');
  if (typed === undefined) return { action: 'list', json };
  const action = oneOf(['verify', 'list'] as const, typed, 'The word after `layer snapshots`');
  if (action === 'verify') return { action, json, ids };
  refuseMoreThan(0, 'snapshots', ids);
  return { action, json };
}

function lastValue(flags: GivenFlags, name: FlagName): string | null {
  const value = flags.get(name)?.at(-1);
  return typeof value === 'string' ? value : null;
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: string, name: string): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const list = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  throw new LayerError('USAGE', `${name} is \`${value}\`${didYouMean(nearestName(value, choices))}`, {
    hint: `It can be ${list}.`,
  });
}

function refuseMoreThan(most: number, command: CommandName, operands: readonly string[]): void {
  const extra = operands[most];
  if (extra === undefined) return;
  throw new LayerError('USAGE', `Unexpected \`${extra}\``, { hint: `Usage: ${commandOf(command).usage}` });
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : `, did you mean \`${name}\`?`;
}
