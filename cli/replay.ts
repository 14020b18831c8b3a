import type { BuildEvent, ReplayPlace } from '../runner/index.ts';
import { Grounds } from '../util/grounds.ts';
import type { BuildArguments } from './arguments/build-arguments.ts';
import type { Runner, Surroundings } from './surroundings.ts';

/** Of a step that neither ran nor would. */
const QUIET_OUTCOMES: ReadonlySet<string> = new Set(['restored', 'skipped', 'waiting']);

/**
 * Follows a build, and where nothing of it was to run keeps what it printed: ./layer then prints that again as long as nothing changed
 * (fs-tracer/host/replay.c), without starting Node.
 */
export class Replay implements Disposable {
  readonly #grounds = Grounds.collect();
  readonly #events: BuildEvent[] = [];
  #place: ReplayPlace | null = null;

  /** Null where the build was not started by ./layer, or says more than what nothing but files decides. */
  static follow({ timeline, report, since, verbose }: BuildArguments, { lookAhead }: Surroundings): Replay | null {
    const isPlain = timeline === null && report === null && since === null && !verbose;
    return lookAhead !== undefined && isPlain ? new Replay() : null;
  }

  event(event: BuildEvent): void {
    this.#events.push(event);
  }

  /** The runner says that the same would come to the same again. */
  readonly onRepeatable = (place: ReplayPlace): void => {
    this.#place = place;
  };

  async keep(
    request: BuildArguments & { readonly command: 'run' | 'plan' },
    runner: Pick<Runner, 'keepReplay'>,
    surroundings: Surroundings,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#place === null || signal.aborted || !this.#events.every(isQuiet)) return;
    const { replayText } = await import('./replay-text.ts');
    const text = await replayText(this.#events, request, { ...surroundings, signal });
    if (text !== null) await runner.keepReplay(this.#place, this.#grounds, text);
  }

  [Symbol.dispose](): void {
    this.#grounds[Symbol.dispose]();
  }
}

function isQuiet(event: BuildEvent): boolean {
  if (event.event === 'step') return QUIET_OUTCOMES.has(event.outcome);
  // What a step of a Layerfile is warned of, it is warned of each time; other things happen once.
  if (event.event === 'warning') return event.step !== undefined;
  return event.event === 'build' || (event.event === 'result' && event.outcome === 'succeeded');
}
