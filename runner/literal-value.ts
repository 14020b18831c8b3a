/**
 * What a value that ENV sets (as written, see `assignedValue` in instructions/environment.ts) comes to where that can be told
 * without a shell; null where it cannot.
 */
export function literalValue(value: string): string | null {
  const quoted = /^'([^']*)'$|^"([^"$`\\]*)"$/.exec(value);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? '';
  return /["'`$\\]|^~|:~/.test(value) ? null : value;
}
