import type { BuildEvent } from '../../runner/index.ts';

/** What a log says of builds. */
export interface PlainView {
  /** The lines that an event adds. */
  take(event: BuildEvent): readonly string[];
  /** Nothing comes any more: what is held back. */
  end(): readonly string[];
}
