/** How the commands of a step ended. `exitCode` is null where it was no command, or a signal ended it. */
export type StepResult =
  | { readonly ok: true; readonly exitCode: number | null }
  | { readonly ok: false; readonly exitCode: number | null; readonly message: string };

export const DONE: StepResult = { ok: true, exitCode: null };
