/** In whose machine a terminal is, and after which step. */
export interface TerminalPlace {
  readonly layerfile: string;
  readonly copy: number | null;
  readonly name: string;
  readonly step: number;
}

/** `waiting`: for room, or for a machine; `chosen`: which machine it is has been told. */
export type TerminalState =
  | { readonly kind: 'connecting' | 'ready' }
  | { readonly kind: 'chosen'; readonly step: number }
  | { readonly kind: 'waiting' | 'ended'; readonly message: string };
