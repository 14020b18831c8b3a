import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import type { StepEnded } from '../../runner/index.ts';
import { findWorkspaceRoot } from '../../util/workspace-root.ts';

const PLAIN = /^[\w@%+=:,./-]+$/;

/** Says how to look into the machine that a failed step left. `folder`: where the build works; paths are told as seen from `currentFolder`. */
export function shellHint(
  { layerfile, step, copy }: Pick<StepEnded, 'layerfile' | 'step' | 'copy'>,
  folder: string,
  currentFolder: string,
): string {
  const path = relative(currentFolder, join(findWorkspaceRoot(folder), layerfile));
  const shown = basename(path) === 'Layerfile' ? dirname(path) : path;
  const number = copy === undefined ? String(step) : `${step}#${copy}`;
  // In the current folder its number is enough, unless something there is called so.
  const words = shown === '.' && !existsSync(join(currentFolder, number)) ? [number] : [shown, number];
  return `  hint: \`layer shell ${words.map(shellWord).join(' ')}\` opens its machine as it was then`;
}

function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
