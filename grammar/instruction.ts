import type { SourceRange } from './source-position.ts';

/**
 * What a Layerfile says, as plain JSON data: `JSON.parse(JSON.stringify(layerfile))` equals `layerfile`, so callers may
 * store it. Absent values are `null`, never `undefined`. A change of shape or meaning bumps GRAMMAR_VERSION.
 */
export interface Layerfile {
  /** Relative to the workspace root, with `/`. */
  readonly path: string;
  readonly instructions: readonly Instruction[];
}

/** One argument: `text` without the quotes and escapes that only grouped it. */
export interface Word {
  readonly text: string;
  readonly range: SourceRange;
}

interface InstructionBase<Kind extends string> {
  readonly kind: Kind;
  readonly range: SourceRange;
  /**
   * The instruction in one line: keyword in capitals, arguments as written with single blanks between them, a command
   * exactly as written once its continued lines are joined. Only a here-document adds lines. Printing it and parsing that
   * again gives the same instruction.
   */
  readonly text: string;
}

/** Where a machine starts from. */
export type FromSource =
  /** `vm/NAME:TAG`; `name` is without `vm/`, `tag` is `latest` where none was written. */
  | { readonly kind: 'image'; readonly name: string; readonly tag: string }
  /** Another Layerfile of the workspace, as written; see `resolveReference`. */
  | { readonly kind: 'layerfile'; readonly path: string }
  /** Anything else: a container image, as written. */
  | { readonly kind: 'container'; readonly reference: string };

export interface FromInstruction extends InstructionBase<'FROM'> {
  readonly source: FromSource;
}

export interface RunInstruction extends InstructionBase<'RUN' | 'RUN BACKGROUND' | 'RUN REPEATABLE'> {
  /** What `bash -c` gets. Here-documents keep their line breaks (`\n`); `RUN <<EOF` alone gives the script inside it. */
  readonly command: string;
}

export interface CopyInstruction extends InstructionBase<'COPY'> {
  readonly sources: readonly Word[];
  readonly destination: Word;
}

export interface EnvAssignment {
  readonly key: string;
  /** As written, quotes, backticks and `$(…)` kept: the guest's shell evaluates it. */
  readonly value: string;
  readonly range: SourceRange;
}

export interface EnvInstruction extends InstructionBase<'ENV'> {
  readonly assignments: readonly EnvAssignment[];
}

export interface EnvNamesInstruction extends InstructionBase<'BUILD ENV' | 'SECRET ENV'> {
  readonly names: readonly Word[];
}

/** CACHE: guest folders. WAIT: other Layerfiles. SETUP FILE: guest files to source. ARTIFACT PUBLIC: not supported. */
export interface PathsInstruction extends InstructionBase<'CACHE' | 'WAIT' | 'SETUP FILE' | 'ARTIFACT PUBLIC'> {
  readonly paths: readonly Word[];
}

export interface CheckpointInstruction extends InstructionBase<'CHECKPOINT'> {
  /** `take` a snapshot here, or `disable` taking any until the next CHECKPOINT. */
  readonly action: 'take' | 'disable';
  readonly name: string | null;
}

export interface ExposeWebsiteInstruction extends InstructionBase<'EXPOSE WEBSITE'> {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** The URL path that leads here, `/` where none was written. */
  readonly path: string;
  /** What the path is replaced with before the guest sees it. */
  readonly rewrite: string | null;
}

export interface ExposeTcpInstruction extends InstructionBase<'EXPOSE TCP'> {
  readonly hostPort: number;
  readonly guestPort: number;
}

export interface SplitInstruction extends InstructionBase<'SPLIT'> {
  readonly copies: number;
  /** False for SPLIT UNORDERED, whose copies get no index. */
  readonly ordered: boolean;
}

export interface ButtonInstruction extends InstructionBase<'BUTTON'> {
  readonly message: string;
}

export interface SkipCondition {
  readonly key: string;
  readonly operator: '=' | '!=' | '=~' | '!=~';
  /** Without its quotes. For `=~` and `!=~` a valid JavaScript regular expression without flags, not anchored. */
  readonly value: string;
  readonly range: SourceRange;
}

export interface SkipInstruction extends InstructionBase<'SKIP REMAINING IF'> {
  /** All must hold. */
  readonly conditions: readonly SkipCondition[];
}

export interface MemoryInstruction extends InstructionBase<'MEMORY'> {
  /** Whole mebibytes, at least 1. */
  readonly megabytes: number;
}

export interface WorkdirInstruction extends InstructionBase<'WORKDIR'> {
  readonly folder: string;
}

export interface UserInstruction extends InstructionBase<'USER'> {
  readonly name: string;
}

export interface Label {
  readonly key: string;
  readonly value: string;
  readonly range: SourceRange;
}

export interface LabelInstruction extends InstructionBase<'LABEL'> {
  readonly labels: readonly Label[];
}

export interface CloneInstruction extends InstructionBase<'CLONE'> {
  readonly url: string;
  readonly defaultBranch: string | null;
  /** What to take of the repository; empty means all of it. */
  readonly files: readonly Word[];
  readonly destination: Word;
}

/** Undocumented in the reference language: parsed, then reported as not supported. */
export interface AwsInstruction extends InstructionBase<'AWS'> {
  readonly arguments: string;
}

export type Instruction =
  | FromInstruction
  | RunInstruction
  | CopyInstruction
  | EnvInstruction
  | EnvNamesInstruction
  | PathsInstruction
  | CheckpointInstruction
  | ExposeWebsiteInstruction
  | ExposeTcpInstruction
  | SplitInstruction
  | ButtonInstruction
  | SkipInstruction
  | MemoryInstruction
  | WorkdirInstruction
  | UserInstruction
  | LabelInstruction
  | CloneInstruction
  | AwsInstruction;

export type InstructionKind = Instruction['kind'];
