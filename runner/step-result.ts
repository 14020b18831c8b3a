/** How an instruction went. `exitCode` is null where it was no command, or a signal ended it. */
export type StepResult =
  | {
      readonly ok: true;
      readonly exitCode: number | null;
      /** Nothing below this step runs, and that is as it should be: SKIP REMAINING IF held, or a BUTTON waits. */
      readonly ends?: EarlyEnd;
    }
  | { readonly ok: false; readonly exitCode: number | null; readonly message: string };

/** `skipped`: the Layerfile says so. `waiting`: a person has to say so first. */
export interface EarlyEnd {
  readonly how: 'skipped' | 'waiting';
  /** For people: why the Layerfile ends here. */
  readonly why: string;
}

export const DONE: StepResult = { ok: true, exitCode: null };

/** A step that cannot be done, for a reason that is no exit code. */
export function refuse(message: string): StepResult {
  return { ok: false, exitCode: null, message };
}
