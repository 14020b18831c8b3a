/**
 * The Layerfile language: text in, typed instructions and diagnostics out.
 *
 * What holds here:
 * - Pure: no I/O, no environment, no clock. Paths are text, resolved within the workspace by `resolveReference`.
 * - Parsing never throws and takes time linear in the text. All findings of a file come in one go; an instruction that cannot
 *   be understood is left out of the result, and parsing goes on at the next one.
 * - The result is plain JSON data, so callers can store it; GRAMMAR_VERSION must be part of the key they store it under.
 * - The parser generator (about 130 ms to load) is loaded by the first `parseLayerfile` only.
 */
export type { Diagnostic, DiagnosticCode, ParseResult, RelatedPlace } from './diagnostic.ts';
export { formatDiagnostic } from './format-diagnostic.ts';
export type {
  AwsInstruction,
  ButtonInstruction,
  CheckpointInstruction,
  CloneInstruction,
  CopyInstruction,
  EnvAssignment,
  EnvInstruction,
  EnvNamesInstruction,
  ExposeTcpInstruction,
  ExposeWebsiteInstruction,
  FromInstruction,
  FromSource,
  Instruction,
  InstructionKind,
  Label,
  LabelInstruction,
  Layerfile,
  MemoryInstruction,
  PathsInstruction,
  RunInstruction,
  SkipCondition,
  SkipInstruction,
  SplitInstruction,
  UserInstruction,
  Word,
  WorkdirInstruction,
} from './instruction.ts';
export { GRAMMAR_VERSION, parseLayerfile } from './parse.ts';
export { printLayerfile } from './print.ts';
export { resolveReference } from './reference.ts';
export type { Position, SourceRange } from './source-position.ts';
