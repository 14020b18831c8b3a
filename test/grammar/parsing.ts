import { type Diagnostic, type Instruction, parseLayerfile, type SourceRange } from '../../grammar/index.ts';

/** Parses `source` and gives its instructions without places; the test fails on any error. */
export async function instructionsOf(source: string, path = 'app/Layerfile'): Promise<readonly unknown[]> {
  const { layerfile, diagnostics } = await parseLayerfile(source, path);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
  return withoutRanges(layerfile.instructions) as readonly unknown[];
}

/** The one instruction of `line`, which stands behind a FROM, without places and without its text. */
export async function fieldsOf(line: string): Promise<Record<string, unknown>> {
  const [, instruction] = await instructionsOf(`FROM vm/debian:12\n${line}\n`);
  return Object.fromEntries(Object.entries(instruction as Instruction).filter(([name]) => name !== 'text'));
}

/** The canonical text of the one instruction of `line`. */
export async function textOf(line: string): Promise<string> {
  const [, instruction] = await instructionsOf(`FROM vm/debian:12\n${line}\n`);
  return (instruction as Instruction).text;
}

export async function diagnosticsOf(source: string, path = 'app/Layerfile'): Promise<readonly Diagnostic[]> {
  return (await parseLayerfile(source, path)).diagnostics;
}

/** `2:1-2:4`, as short as a test wants it. */
export function place({ start, end }: SourceRange): string {
  return `${start.line}:${start.column}-${end.line}:${end.column}`;
}

export function withoutRanges(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'range' ? undefined : inner)));
}
