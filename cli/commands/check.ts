import type { Surroundings } from '../surroundings.ts';
import { workingFolder } from './working-folder.ts';

interface CheckRequest {
  readonly paths: readonly string[];
  readonly directory: string | null;
}

/** `layer check`: findings on stderr, their number on stdout. Resolves to 2 where there is an error, else to 0. */
export async function check(request: CheckRequest, surroundings: Surroundings): Promise<number> {
  const directory = workingFolder(surroundings.currentFolder, request.directory);
  const { checkLayerfiles } = await surroundings.loadRunner();
  const { text, errors, warnings } = await checkLayerfiles({ paths: request.paths, directory });
  if (text !== '') surroundings.stderr.write(`${text.trimEnd()}\n`);
  surroundings.stdout.write(`${count(errors, 'error')}, ${count(warnings, 'warning')}\n`);
  return errors === 0 ? 0 : 2;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
