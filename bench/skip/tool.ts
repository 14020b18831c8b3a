import type { Repository } from './repository.ts';

/** What one build said: how many of the four steps below FROM it ran, restored or cached ones not counted. */
export interface Built {
  readonly durationMs: number;
  readonly stepsRun: number;
}

/** A program that builds the repository, as a user of it would type it. */
export interface Tool extends AsyncDisposable {
  readonly name: string;
  build(repository: Repository): Promise<Built>;
}

/** Gives the tool, or says why it cannot be measured here. */
export type OpenTool = (scratch: string) => Promise<Tool | string>;
