/** Names of places in the page, of numbers alone: they are attributes and addresses. */
export function layerfileId(index: number): string {
  return `layerfile-${index}`;
}

export function stepId(layerfileIndex: number, copy: number | null, step: number): string {
  return `step-${layerfileIndex}${copy === null ? '' : `-copy-${copy}`}-${step}`;
}
