import type { BuildEvent, Exposed } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import { BatchedOutput } from './batched-output.ts';
import { exposedLines } from './exposed-lines.ts';
import { OpeningEvents } from './opening-events.ts';
import type { Palette } from './palette.ts';
import { PlainBuilds } from './plain-builds.ts';
import { PlainSteps } from './plain-steps.ts';
import type { PlainView } from './plain-view.ts';
import type { Reporter } from './reporter.ts';

interface PlainChoice {
  /** Only what would be done is told. */
  readonly isPlan: boolean;
}

/** For logs: one line after the other, each as long as it is, the output of steps as it comes, line by line. */
export class PlainReporter implements Reporter {
  readonly #output: BatchedOutput;
  readonly #palette: Palette;
  readonly #choice: PlainChoice;
  readonly #opening = new OpeningEvents();
  readonly #exposed: Exposed[] = [];
  #view: PlainView | null = null;
  /** Lines for later, while somebody else has the screen. */
  #held: string[] | null = null;

  constructor(stdout: OutputStream, palette: Palette, choice: PlainChoice = { isPlan: false }) {
    this.#output = new BatchedOutput(stdout);
    this.#palette = palette;
    this.#choice = choice;
  }

  event(event: BuildEvent): void {
    const before = this.#opening.take(event);
    if (before === null) return;
    for (const each of before) this.#take(each);
    this.#take(event);
  }

  end(): void {
    for (const each of this.#opening.end()) this.#take(each);
    this.#write(this.#view?.end() ?? []);
    this.#output.flush();
  }

  hold(): Disposable {
    this.#output.flush();
    this.#held = [];
    return {
      [Symbol.dispose]: () => {
        const held = this.#held ?? [];
        this.#held = null;
        this.#write(held);
      },
    };
  }

  #take(event: BuildEvent): void {
    this.#view ??= this.#opening.areSeveral
      ? new PlainBuilds(this.#palette, this.#choice)
      : new PlainSteps(this.#palette);
    if (event.event === 'exposed') this.#exposed.push(event);
    this.#write(this.#view.take(event));
    if (event.event === 'up')
      this.#write([...exposedLines(this.#exposed, this.#opening.names), 'Up until interrupted']);
  }

  #write(lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (this.#held === null) this.#output.write(lines.map((line) => `${line}\n`).join(''));
    else this.#held.push(...lines);
  }
}
