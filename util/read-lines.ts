import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls `onLine` for every complete line (without its line feed) of a UTF-8 stream; an unended last line is dropped. A
 * stream with a line of more than `maxCharacters` is destroyed with an error: whoever writes it may be hostile.
 */
export function readLines(stream: Readable, onLine: (line: string) => void, maxCharacters = 1 << 20): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length > maxCharacters) stream.destroy(new Error(`A line is longer than ${maxCharacters} characters`));
  });
  // A socket accepted paused stays so until told.
  stream.resume();
}
