import { LayerError } from '../util/layer-error.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The variables given by a flag, each `KEY=VALUE` or, so that a secret need not stand among a process's arguments, `KEY`:
 * then its value is `environment`'s, and where that has none it is not given. Of a key given twice the last one counts. Throws
 * `USAGE` without showing any value.
 */
export function givenVariables(
  values: readonly string[],
  flag: string,
  environment: NodeJS.ProcessEnv,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const text of values) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    if (!NAME.test(name)) throw refusal(name, flag);
    const value = equals < 0 ? environment[name] : text.slice(equals + 1);
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
  return variables;
}

function refusal(name: string, flag: string): LayerError {
  return new LayerError('USAGE', `${flag} cannot give a variable named \`${name}\``, {
    hint: `Write ${flag} KEY=VALUE, or ${flag} KEY to take the value from your environment.`,
  });
}
