import { LayerError } from '../../util/layer-error.ts';
import { parseCount } from '../count.ts';
import type { FlagName } from '../flags.ts';
import { parseMemory } from '../size.ts';
import { type GivenFlags, lastValue } from './given-flags.ts';
import { oneOf, refuseMoreThan } from './refusals.ts';
import { type ListenAddress, parseListen, parsePublicUrl } from './server-address.ts';

const SERVER_ROLES = ['read', 'member', 'admin'] as const;
type ServerRole = (typeof SERVER_ROLES)[number];

/** What `serve` is asked for. */
export type ServeArguments = {
  /** As typed after `--data`; null: in LAYER_HOME. */
  readonly data: string | null;
  readonly json: boolean;
} & (
  | {
      readonly action: 'serve';
      readonly listen: ListenAddress;
      readonly publicUrl: string | null;
      readonly jobs: number | null;
      readonly memoryBytes: number | null;
      /** As typed after `--profile`. */
      readonly profile: string | null;
    }
  | { readonly action: 'create-token'; readonly name: string; readonly role: ServerRole }
  | { readonly action: 'list-tokens' }
  | { readonly action: 'revoke-token'; readonly id: number }
  | { readonly action: 'install-hook'; readonly repository: string; readonly name: string | null }
);

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

export function serveArguments(operands: readonly string[], flags: GivenFlags): ServeArguments {
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

function parseRole(text: string | null): ServerRole {
  const role = SERVER_ROLES.find((candidate) => candidate === text);
  if (role !== undefined) return role;
  const said = text === null ? '`layer serve token create` needs --role' : `--role is \`${text}\``;
  throw new LayerError('USAGE', said, { hint: 'It can be read, member or admin.' });
}
