import { LayerError } from '../../util/layer-error.ts';
import { type GivenFlags, lastValue } from './given-flags.ts';

/** What `check` is asked for. */
export interface CheckArguments {
  /** As typed; `['.']` where none was, and without meaning where `unsavedPath` is given. */
  readonly paths: readonly string[];
  readonly directory: string | null;
  readonly json: boolean;
  /** Check stdin as the Layerfile at this path; null: check files. */
  readonly unsavedPath: string | null;
}

export function checkArguments(operands: readonly string[], flags: GivenFlags): Omit<CheckArguments, 'paths'> {
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
