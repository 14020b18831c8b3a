/** A piece of work that may be hit by any fault, at any call, and must then be possible again. */
export interface Scenario {
  readonly name: string;
  /** Makes what is there before; all three get the same folders, which exist. */
  readonly prepare: (place: Place) => Promise<unknown>;
  /** What the fault hits. It runs in a process of its own; afterwards once more, with no fault, in the checking one. */
  readonly run: (place: Place) => Promise<unknown>;
  /** Throws where something is wrong after the second run. What holds for every home is checked besides. */
  readonly check: (place: Place) => Promise<void>;
}

export interface Place {
  /** The LAYER_HOME that faults happen in. */
  readonly home: string;
  /** What is not Layer's: a workspace, programs. No fault happens here. */
  readonly work: string;
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Expected that ${what}`);
}
