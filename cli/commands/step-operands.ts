import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export interface StepOperands {
  readonly path: string;
  readonly step: string | null;
}

/** `[PATH] [STEP]`: a single operand is a PATH where there is such a file or folder, else a STEP. */
export function readStepOperands([first, second]: readonly string[], folder: string): StepOperands {
  if (first === undefined) return { path: '.', step: null };
  if (second !== undefined) return { path: first, step: second };
  return existsSync(resolve(folder, first)) ? { path: first, step: null } : { path: '.', step: first };
}
