import { LayerError } from '../../util/layer-error.ts';
import { commandOf } from '../command-table.ts';
import type { GivenFlags } from './given-flags.ts';
import { oneOf, refuseMoreThan } from './refusals.ts';

export type SecretArguments =
  | { readonly action: 'set' | 'rm'; readonly name: string }
  | { readonly action: 'list'; readonly json: boolean };

const SECRET_ACTIONS = ['set', 'list', 'rm'] as const;

export function secretArguments([typed, ...names]: readonly string[], flags: GivenFlags): SecretArguments {
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
