/** Below a SPLIT a Layerfile is built several times at once: what is remembered of one, is remembered by copy. */
export interface PartPlace {
  readonly layerfile: string;
  /** From 0. */
  readonly copy?: number | undefined;
}

export interface StepPlace extends PartPlace {
  readonly step: number;
}

/** The key of a Layerfile, or of one copy of it, in the maps of reporters. */
export function partKey({ layerfile, copy }: PartPlace): string {
  return `${copy ?? ''} ${layerfile}`;
}

/** The key of a step in the maps of reporters. */
export function stepKey(step: StepPlace): string {
  return `${step.step} ${partKey(step)}`;
}
