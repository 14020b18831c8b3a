/**
 * Our own reader met something that is broken, or that it does not understand. Never leaves this folder: git is asked
 * for the object then, and its answer or its complaint counts.
 */
export class Damage extends Error {
  override readonly name: string = 'Damage';
}

/** A chain of deltas that does not end. git must not be asked: it follows the chain until it has no memory left. */
export class EndlessDamage extends Damage {
  override readonly name = 'EndlessDamage';
}
