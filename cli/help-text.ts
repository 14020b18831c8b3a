import { commandOf, LISTED_COMMANDS, type CommandName } from './command-table.ts';
import { flagOf, type FlagName } from './flags.ts';

/** What `layer help` prints, or with a command, `layer help COMMAND`; with a line feed at its end. */
export function helpText(command: CommandName | null): string {
  return command === null ? overview() : commandHelp(command);
}

function overview(): string {
  return lines(
    'Layer builds virtual machines from Layerfiles, and re-runs only the steps whose',
    'observed inputs changed.',
    '',
    'Usage: layer COMMAND [FLAGS] [PATH...]',
    '',
    'Commands:',
    ...columns(LISTED_COMMANDS.map((name) => [name, commandOf(name).summary])),
    '',
    '`layer help COMMAND` explains a command and its flags.',
  );
}

function commandHelp(name: CommandName): string {
  const { usage, description, flags, examples } = commandOf(name);
  return lines(
    `Usage: ${usage}`,
    '',
    ...description,
    '',
    'Flags:',
    ...columns(flags.map((flag) => [flagSyntax(flag), flagOf(flag).help])),
    ...(examples.length === 0 ? [] : ['', 'Examples:', ...columns(examples)]),
  );
}

function flagSyntax(name: FlagName): string {
  const { short, value, repeatable } = flagOf(name);
  const letter = short === undefined ? '    ' : `-${short}, `;
  return `${letter}--${name}${value === undefined ? '' : ` ${value}`}${repeatable === true ? '...' : ''}`;
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function lines(...text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
