/** `count` of `all` in their order (all of them where there are no more), the same ones for the same seed. */
export function sampleOf<T>(all: readonly T[], count: number, seed: number): readonly T[] {
  const random = randomFrom(seed);
  let [left, wanted] = [all.length, count];
  return all.filter(() => {
    const taken = random() * left-- < wanted;
    if (taken) wanted--;
    return taken;
  });
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
