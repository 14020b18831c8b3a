import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { constants as systemConstants } from 'node:os';
import { dirname, resolve } from 'node:path';

import type { EndedTrace, TraceResult } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { layerHome } from '../../util/layer-home.ts';
import type { TraceArguments } from '../arguments/trace-arguments.ts';
import { printableLine } from '../../util/printable-text.ts';
import { createPalette, hasColour } from '../reporters/palette.ts';
import type { SignalWatch } from '../signals.ts';
import type { Surroundings } from '../surroundings.ts';
import { dockerfileText } from '../trace/dockerfile-format.ts';
import { jsonText } from '../trace/json-format.ts';
import { notices } from '../trace/notices.ts';
import { pathsText } from '../trace/paths-format.ts';
import { summaryText } from '../trace/summary-format.ts';
import { workingFolder } from './working-folder.ts';

const NOT_A_PROGRAM = 126;
const NO_SUCH_PROGRAM = 127;
/** What shells add to a signal's number. */
const SIGNALLED = 128;
const DEFAULT_COLUMNS = 80;

/**
 * `layer trace`: the command has this process's stdin, stdout and stderr. What it observed goes where it cannot mix with
 * that: the summary to stderr, all else to stdout, which the command then has not. Resolves to the exit code.
 */
export async function trace(request: TraceArguments, surroundings: Surroundings, watch: SignalWatch): Promise<number> {
  const directory = workingFolder(surroundings.currentFolder, request.directory);
  const output = request.output === null ? null : writablePath(resolve(directory, request.output));
  const { traceCommand } = await surroundings.loadRunner();
  const result = await traceCommand({
    command: request.words,
    directory,
    home: layerHome(surroundings.environment),
    stdout: request.format === 'summary' || output !== null ? 'stdout' : 'stderr',
    plansCopies: request.format === 'dockerfile',
    passSignals: (passOn) => watch.passTo(passOn),
  });
  if (result.outcome === 'refused') return refused(request.words, result, surroundings);
  report(request, result, output, surroundings);
  return result.signal === null ? (result.exitCode ?? 0) : SIGNALLED + systemConstants.signals[result.signal];
}

/** Found out before the command runs, which may take long. */
function writablePath(path: string): string {
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) accessSync(dirname(path), constants.W_OK);
    else accessSync(path, constants.W_OK);
    return path;
  } catch (cause) {
    throw new LayerError('USAGE', `Cannot write --output ${path}`, { cause });
  }
}

function refused(
  [program = '']: readonly string[],
  { errno }: Extract<TraceResult, { readonly outcome: 'refused' }>,
  { stderr }: Surroundings,
): number {
  const name = printableLine(program);
  const isMissing = errno === 'ENOENT';
  const why = isMissing ? 'there is no such program' : `it cannot be executed (${errno})`;
  stderr.write(`layer: Cannot run \`${name}\`: ${why}\n`);
  return isMissing ? NO_SUCH_PROGRAM : NOT_A_PROGRAM;
}

function report(request: TraceArguments, result: EndedTrace, output: string | null, surroundings: Surroundings): void {
  const { stdout, stderr, environment } = surroundings;
  const coloured = output === null && hasColour(stderr, environment);
  const columns = output === null ? (stderr.columns ?? DEFAULT_COLUMNS) : DEFAULT_COLUMNS;
  const text = textOf(request, result, { palette: createPalette(coloured), columns });
  if (output !== null) writeReport(output, text);
  else if (request.format === 'summary') stderr.write(text);
  else stdout.write(text);
  for (const notice of notices(result)) stderr.write(`layer: ${printableLine(notice)}\n`);
}

function textOf(
  { format, words }: TraceArguments,
  result: EndedTrace,
  style: Parameters<typeof summaryText>[2],
): string {
  switch (format) {
    case 'summary':
      return summaryText(words, result, style);
    case 'paths':
      return pathsText(result);
    case 'json':
      return jsonText(words, result);
    case 'dockerfile':
      if (result.copies === null) throw new Error('Internal error: no copies were planned');
      return dockerfileText(words, { folder: result.folder, copies: result.copies });
  }
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new LayerError('WORKSPACE_UNREADABLE', `Cannot write --output ${path}`, { cause });
  }
}
