import { OWN_NAME } from './make-tree.ts';

/** A verb of guest/operations.c and its arguments, latin1 bytes. */
export type Operation = readonly string[];

/** The operations of one step of one case. */
export type Program = readonly Operation[];

/** What guest/operations.c reads for these cases. */
export function encodePrograms(programs: ReadonlyMap<string, Program>): Buffer {
  const parts = [...programs].map(([name, program]) => {
    const own = program.map((operation) => operation.map((word) => word.replaceAll(OWN_NAME, name)));
    return `case ${name}\n${own.map(encodeOperation).join('')}`;
  });
  return Buffer.from(parts.join(''), 'latin1');
}

/** What each case of `names` printed, '' for none. */
export function splitOutputs(text: string, names: Iterable<string>): ReadonlyMap<string, string> {
  const outputs = new Map([...names].map((name) => [name, '']));
  for (const line of text.split('\n')) {
    const name = line.slice(0, line.indexOf(' '));
    const known = outputs.get(name);
    if (known !== undefined) outputs.set(name, `${known}${line.slice(name.length + 1)}\n`);
  }
  return outputs;
}

export function encodeOperation(operation: Operation): string {
  return `${operation.map(encodeWord).join(' ')}\n`;
}

function encodeWord(word: string): string {
  return word.replaceAll(/[^!-$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
