import { ByteBudgetCache } from './byte-budget-cache.ts';
import { EndlessDamage } from './damage.ts';
import { applyDelta, deltaResultBytes } from './delta.ts';
import { type GitObject, TOO_BIG } from './object-id.ts';
import type { Pack } from './pack.ts';
import type { PackedPlace } from './pack-list.ts';

/** git writes chains of up to 4095 deltas (pack-objects.h). What is longer may go in circles. */
const MAX_CHAIN = 4095;
/** git keeps 96 MiB (core.deltaBaseCacheLimit). */
const BASES_BYTES = 64 * 1024 * 1024;

/** Takes objects out of packs, and keeps the bases that deltas needed last: neighbours in a tree often share them. */
export class Unpacker {
  readonly #bases = new ByteBudgetCache<string, GitObject>(BASES_BYTES);

  /** An object of more than `limitBytes` is not unpacked. Throws {@link Damage}. */
  unpack({ pack, offset }: PackedPlace, limitBytes: number): GitObject | typeof TOO_BIG {
    const { type, baseOffset, ...stream } = pack.entry(offset);
    if (stream.streamBytes > limitBytes) return TOO_BIG;
    const inflated = pack.inflate(stream);
    if (type !== null) return { type, bytes: inflated };
    if (deltaResultBytes(inflated) > limitBytes) return TOO_BIG;
    const base = this.#base(pack, baseOffset);
    return { type: base.type, bytes: applyDelta(base.bytes, inflated) };
  }

  /** The object at `offset`, which other objects are deltas of. Each of a chain of deltas is kept: its next of kin need them. */
  #base(pack: Pack, offset: number): GitObject {
    const chain: { readonly offset: number; readonly entry: ReturnType<Pack['entry']> }[] = [];
    let base = this.#bases.get(keyOf(pack, offset));
    for (let at = offset; base === undefined; ) {
      const entry = pack.entry(at);
      if (entry.type === null) {
        chain.push({ offset: at, entry });
        if (chain.length > MAX_CHAIN) throw new EndlessDamage('its chain of deltas does not end');
        at = entry.baseOffset;
        base = this.#bases.get(keyOf(pack, at));
      } else {
        base = this.#keep(pack, at, { type: entry.type, bytes: pack.inflate(entry) });
      }
    }
    return chain.reduceRight((below, link) => {
      const bytes = applyDelta(below.bytes, pack.inflate(link.entry));
      return this.#keep(pack, link.offset, { type: below.type, bytes });
    }, base);
  }

  #keep(pack: Pack, offset: number, object: GitObject): GitObject {
    this.#bases.set(keyOf(pack, offset), object, object.bytes.length);
    return object;
  }
}

/** Throws {@link EndlessDamage} where the deltas that lead to an object go in circles, and other {@link Damage} met on the way. */
export function requireEnd({ pack, offset }: PackedPlace): void {
  let at: number | null = offset;
  for (let links = 0; at !== null; links++) {
    if (links > MAX_CHAIN) throw new EndlessDamage('its chain of deltas does not end');
    at = pack.entry(at).baseOffset;
  }
}

function keyOf(pack: Pack, offset: number): string {
  return `${pack.number} ${offset}`;
}
