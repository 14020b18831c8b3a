/**
 * The known name that `typed` most likely means: one that it is the beginning of, else the one with the fewest edits
 * (at most a third of its letters, and one for short names). `undefined` where none is near.
 */
export function nearestName<Name extends string>(typed: string, known: readonly Name[]): Name | undefined {
  const begun = typed.replace(/^-+/, '').length > 1 ? known.filter((name) => name.startsWith(typed)) : [];
  if (begun.length === 1) return begun[0];
  const ranked = known
    .filter((name) => Math.abs(name.length - typed.length) <= mostEdits(name))
    .map((name) => ({ name, edits: editDistance(typed, name) }))
    .filter(({ name, edits }) => edits <= mostEdits(name))
    .sort((left, right) => left.edits - right.edits);
  return ranked[0]?.name;
}

function mostEdits(name: string): number {
  return Math.max(1, Math.floor(name.length / 3));
}

/** Insertions, removals, replacements and swaps of neighbours that turn one into the other. */
function editDistance(left: string, right: string): number {
  const memo = new Map<number, number>();
  const distance = (row: number, column: number): number => {
    if (row === 0 || column === 0) return row + column;
    const key = row * (right.length + 1) + column;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const differs = left[row - 1] === right[column - 1] ? 0 : 1;
    const swaps = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
    const edits = Math.min(
      distance(row - 1, column) + 1,
      distance(row, column - 1) + 1,
      distance(row - 1, column - 1) + differs,
      swaps ? distance(row - 2, column - 2) + 1 : Infinity,
    );
    memo.set(key, edits);
    return edits;
  };
  return distance(left.length, right.length);
}
