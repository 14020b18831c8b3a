import { parseArgs } from 'node:util';

import { LayerError } from '../../util/layer-error.ts';
import { nearestName } from '../../util/nearest-name.ts';
import { type CommandName, isCommandName, LISTED_COMMANDS } from '../command-table.ts';
import type { PruneArguments } from '../commands/prune.ts';
import type { SnapshotsArguments } from '../commands/snapshots.ts';
import type { Accelerator } from '../flags.ts';
import {
  acceleratorOf,
  type BuildArguments,
  buildArguments,
  type ShellArguments,
  type WhyArguments,
} from './build-arguments.ts';
import { type CheckArguments, checkArguments } from './check-arguments.ts';
import { type GivenFlags, givenFlags, PARSE_OPTIONS } from './given-flags.ts';
import { didYouMean, refuseMoreThan } from './refusals.ts';
import { type SecretArguments, secretArguments } from './secret-arguments.ts';
import { type ServeArguments, serveArguments } from './serve-arguments.ts';
import { pruneArguments, snapshotsArguments } from './storage-arguments.ts';
import { type TraceArguments, traceArguments } from './trace-arguments.ts';

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

function knownCommand(typed: string): CommandName {
  if (isCommandName(typed)) return typed;
  if (/[./]/.test(typed)) {
    throw new LayerError('USAGE', `Unknown command \`${typed}\``, { hint: `To build it: layer run ${typed}` });
  }
  throw new LayerError('USAGE', `Unknown command \`${typed}\`${didYouMean(nearestName(typed, LISTED_COMMANDS))}`, {
    hint: '`layer help` lists the commands.',
  });
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
