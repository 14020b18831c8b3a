import type { CaseFolder } from './case-folder.ts';

/** A row of the table of what tracing must get right (docs/correctness.md), with the cases that show it. */
export interface TracingRow {
  readonly title: string;
  readonly cases: readonly TracingCase[];
}

/**
 * Something that guest programs do in a folder of the workspace, what of it must be observed, and which edits of that
 * folder must run the steps again.
 */
export interface TracingCase {
  /** Of its folder: the guest has it at `/w/NAME`. */
  readonly name: string;
  readonly make: (folder: CaseFolder) => void;
  /** One for each step of a lineage. */
  readonly steps: readonly GuestStep[];
  readonly edits: readonly Edit[];
}

export interface GuestStep {
  /** Lines for bash, run as root in the case's folder, with nothing to read on stdin. */
  readonly run: string;
  /** What is printed to stdout and stderr, as bytes in latin1. */
  readonly prints?: string | RegExp;
  /** All that is new to the lineage, as `KIND PATH` with paths below the case's folder, '.' for itself; in any order. */
  readonly observes: readonly string[];
}

export interface Edit {
  readonly what: string;
  readonly make: (folder: CaseFolder) => void;
  /** `holds`, or the observation (`KIND PATH`) for which the first step that depends on it runs again. */
  readonly then: string;
  /** How many steps are restored all the same; for a case of several steps. 0 by default. */
  readonly restores?: number;
}

/** A case of one step. */
export function looking(name: string, make: TracingCase['make'], step: GuestStep, edits: readonly Edit[]): TracingCase {
  return { name, make, steps: [step], edits };
}

export function holds(what: string, make: Edit['make']): Edit {
  return { what, make, then: 'holds' };
}

export function reruns(observation: string, what: string, make: Edit['make'], restores = 0): Edit {
  return { what, make, then: observation, restores };
}
