import { layerHome } from '../../util/layer-home.ts';
import type { CheckArguments } from '../arguments/check-arguments.ts';
import type { Surroundings } from '../surroundings.ts';
import { workingFolder } from './working-folder.ts';

/** `layer check`: findings on stderr, their number on stdout; with `--json` all of it on stdout. Resolves to 2 where there is an error, else to 0. */
export async function check(request: CheckArguments, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, environment } = surroundings;
  const directory = workingFolder(surroundings.currentFolder, request.directory);
  const { checkLayerfiles } = await surroundings.loadRunner();
  const unsaved =
    request.unsavedPath === null ? undefined : { path: request.unsavedPath, text: surroundings.readInput() };
  const { text, found, errors, warnings } = await checkLayerfiles({
    paths: request.paths,
    directory,
    home: layerHome(environment),
    unsaved,
  });
  if (request.json) {
    const lines = [...found, { event: 'result', errors, warnings }].map((event) => `${JSON.stringify(event)}\n`);
    stdout.write(lines.join(''));
  } else {
    if (text !== '') stderr.write(`${text.trimEnd()}\n`);
    stdout.write(`${count(errors, 'error')}, ${count(warnings, 'warning')}\n`);
  }
  return errors === 0 ? 0 : 2;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
