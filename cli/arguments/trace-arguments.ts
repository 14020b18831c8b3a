import { LayerError } from '../../util/layer-error.ts';
import { TRACE_FORMATS, type TraceFormat } from '../flags.ts';
import { type GivenFlags, lastValue } from './given-flags.ts';
import { oneOf } from './refusals.ts';

/** What `trace` is asked for. */
export interface TraceArguments {
  /** The program and its arguments; at least one. */
  readonly words: readonly string[];
  readonly directory: string | null;
  readonly format: TraceFormat;
  /** As typed after `--output`. */
  readonly output: string | null;
}

/** Words before the `--` would be taken for the command by some and for its flags by others: there are none. */
export function traceArguments(before: readonly string[], words: readonly string[], flags: GivenFlags): TraceArguments {
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
