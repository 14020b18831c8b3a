import type { GeneratedMonorepo, Unit } from './generated-monorepo.ts';

export const SITUATIONS = ['nothing changed', 'leaf edited', 'base edited'] as const;

export type Situation = (typeof SITUATIONS)[number];

export interface Built {
  readonly durationMs: number;
  /** Units of which something ran. */
  readonly ran: readonly Unit[];
  /** When the last of the others was told to be as it was, from the start; null for a tool that was not asked. */
  readonly othersToldMs: number | null;
}

/** A program that builds all units, as a user of it would type it. */
export interface Tool extends AsyncDisposable {
  readonly name: string;
  build(situation: Situation): Promise<Built>;
}

/** Gives the tool, or says why it cannot be measured here. */
export type OpenTool = (scratch: string, repository: GeneratedMonorepo) => Promise<Tool | string>;
