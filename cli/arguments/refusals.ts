import { LayerError } from '../../util/layer-error.ts';
import { nearestName } from '../../util/nearest-name.ts';
import { commandOf, type CommandName } from '../command-table.ts';

/** Throws `USAGE`, with what was probably meant, where `value` is none of them. */
export function oneOf<Choice extends string>(choices: readonly Choice[], value: string, name: string): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const list = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  throw new LayerError('USAGE', `${name} is \`${value}\`${didYouMean(nearestName(value, choices))}`, {
    hint: `It can be ${list}.`,
  });
}

export function refuseMoreThan(most: number, command: CommandName, operands: readonly string[]): void {
  const extra = operands[most];
  if (extra === undefined) return;
  throw new LayerError('USAGE', `Unexpected \`${extra}\``, { hint: `Usage: ${commandOf(command).usage}` });
}

export function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : `, did you mean \`${name}\`?`;
}
