/** Which of the machines that a SPLIT made. */
export interface SplitCopy {
  /** From 0. */
  readonly index: number;
  readonly copies: number;
  /** False for SPLIT UNORDERED: the machine is not told its index. */
  readonly ordered: boolean;
}

/** What a SPLIT tells each copy. */
export function copyVariablesOf({ index, copies, ordered }: SplitCopy): readonly (readonly [string, string])[] {
  return [...(ordered ? ([['SPLIT', String(index)]] as const) : []), ['SPLIT_NUM', String(copies)]];
}
