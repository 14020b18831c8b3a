import { isUtf8 } from 'node:buffer';

import { LayerError } from '../../util/layer-error.ts';

/** execve(2), MAX_ARG_STRLEN: what a variable may take, with its name, `=` and a NUL. */
const LONGEST_VARIABLE_BYTES = 128 * 1024;

/** Throws `USAGE` for a value that no environment variable can have. The value itself is in no message. */
export function requireSecretValue(name: string, value: Buffer): void {
  const sizeBytes = value.length + name.length + 2;
  if (value.length === 0)
    throw refusal(name, 'is empty', 'Give the value on stdin: `printf %s "$VALUE" | layer secret set NAME`.');
  if (value.includes(0)) throw refusal(name, 'holds a NUL byte, as no environment variable can', ENCODE);
  if (!isUtf8(value)) throw refusal(name, 'is not UTF-8 text', ENCODE);
  if (sizeBytes > LONGEST_VARIABLE_BYTES)
    throw refusal(name, 'is longer than the 128 KiB that Linux allows a variable', undefined);
}

const ENCODE = 'Encode it, with `base64 -w0` for example, and decode it in the machine.';

function refusal(name: string, what: string, hint: string | undefined): LayerError {
  return new LayerError('USAGE', `The value for ${name} ${what}`, hint === undefined ? {} : { hint });
}
