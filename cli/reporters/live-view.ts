import type { BuildEvent } from '../../runner/index.ts';

/** What a view can draw on now. */
export interface LiveWindow {
  /** What one line may take. */
  readonly columns: number;
  /** How many live lines there is room for. */
  readonly rows: number;
  readonly nowMs: number;
}

/** What a terminal shows of builds: lines that stay, and below them live lines that are drawn anew as time passes. */
export interface LiveView {
  /** Whether lines that stay are shown when they come, and not with the next frame. */
  readonly isPrompt: boolean;
  /** Whether there is anything to draw as time passes. */
  readonly isLive: boolean;
  /** Takes note of an event; returns the lines that it leaves on the screen. */
  take(event: BuildEvent, window: LiveWindow): readonly string[];
  live(window: LiveWindow): readonly string[];
  /** Nothing comes any more: what is still to be told. */
  end(window: LiveWindow): readonly string[];
}
