import { LayerError } from '../../util/layer-error.ts';
import { nearestName } from '../../util/nearest-name.ts';
import { commandOf, type CommandName } from '../command-table.ts';
import { FLAG_NAMES, flagOf, type FlagName } from '../flags.ts';
import { didYouMean } from './refusals.ts';

/** The values given to each flag, in their order; `true` for a flag that takes none. */
export type GivenFlags = ReadonlyMap<FlagName, readonly (string | true)[]>;

/** For node:util's parseArgs. */
export const PARSE_OPTIONS = Object.fromEntries(
  FLAG_NAMES.map((name) => {
    const { short, value } = flagOf(name);
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, short === undefined ? { type } : { type, short }];
  }),
);

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** Throws `USAGE` for a flag that the command has not, and for a value too many or too few. */
export function givenFlags(tokens: readonly OptionToken[], command: CommandName | null): GivenFlags {
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

export function lastValue(flags: GivenFlags, name: FlagName): string | null {
  const value = flags.get(name)?.at(-1);
  return typeof value === 'string' ? value : null;
}

export function valuesOf(flags: GivenFlags, name: FlagName): readonly string[] {
  return (flags.get(name) ?? []).filter((value) => value !== true);
}
