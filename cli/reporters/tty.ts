import type { BuildEvent, Exposed } from '../../runner/index.ts';
import type { OutputStream } from '../output-stream.ts';
import { exposedLines } from './exposed-lines.ts';
import { LiveArea } from './live-area.ts';
import { interruptedLine, upLine } from './live-lines.ts';
import type { LiveView, LiveWindow } from './live-view.ts';
import { OpeningEvents } from './opening-events.ts';
import type { Palette } from './palette.ts';
import type { Reporter } from './reporter.ts';
import { StepView } from './step-view.ts';
import { TableView } from './table-view.ts';

/** About as often as a person sees that something moves. */
const FRAME_MS = 125;

interface TtySurroundings {
  readonly signal: AbortSignal;
  /** Milliseconds from any fixed instant. */
  readonly now: () => number;
}

/** For people: the steps of one Layerfile, or a table of many. */
export class TtyReporter implements Reporter {
  readonly #area: LiveArea;
  readonly #palette: Palette;
  readonly #surroundings: TtySurroundings;
  readonly #opening = new OpeningEvents();
  readonly #exposed: Exposed[] = [];
  readonly #window: LiveWindow;
  #view: LiveView | null = null;
  #timer: NodeJS.Timeout | null = null;
  #up = false;
  /** Lines that stay, for the next frame. */
  #waiting: string[] = [];
  /** Somebody else has the screen. */
  #isHeld = false;

  constructor(stdout: OutputStream, palette: Palette, surroundings: TtySurroundings) {
    this.#area = new LiveArea(stdout);
    this.#palette = palette;
    this.#surroundings = surroundings;
    const area = this.#area;
    // Asked for when it is needed: of thousands of events few draw anything.
    this.#window = {
      get columns() {
        return area.columns;
      },
      get rows() {
        return area.rows;
      },
      get nowMs() {
        return surroundings.now();
      },
    };
  }

  event(event: BuildEvent): void {
    const before = this.#opening.take(event);
    if (before === null) return;
    for (const each of before) this.#take(each);
    this.#take(event);
    // What is only live is drawn at the next tick: a step that takes no time need not flash up.
    const isOver = event.event === 'result' || event.event === 'up';
    if (this.#waiting.length > 0 && (isOver || this.#view?.isPrompt === true)) this.draw();
    this.#keepTime();
  }

  end(): void {
    for (const each of this.#opening.end()) this.#take(each);
    this.#waiting.push(...(this.#view?.end(this.#window) ?? []));
    this.#up = false;
    this.draw();
    this.#keepTime();
  }

  /** Adds the lines that wait, and draws the live lines as of now. */
  draw(): void {
    if (this.#isHeld) return;
    this.#area.update(this.#waiting, this.#liveLines());
    this.#waiting = [];
  }

  hold(): Disposable {
    this.#area.update(this.#waiting, []);
    this.#waiting = [];
    this.#isHeld = true;
    return {
      [Symbol.dispose]: () => {
        this.#isHeld = false;
        this.draw();
      },
    };
  }

  #take(event: BuildEvent): void {
    this.#view ??= this.#opening.areSeveral ? new TableView(this.#palette) : new StepView(this.#palette);
    if (event.event === 'exposed') this.#exposed.push(event);
    const lines = this.#view.take(event, this.#window);
    if (lines.length > 0) this.#waiting.push(...lines);
    if (event.event !== 'up') return;
    this.#stayUp();
    this.#waiting.push(...exposedLines(this.#exposed, this.#opening.names));
  }

  /** Nothing ticks from here on, so the interrupt has to be drawn when it comes. */
  #stayUp(): void {
    this.#up = true;
    this.#surroundings.signal.addEventListener('abort', () => this.draw(), { once: true });
  }

  #liveLines(): readonly string[] {
    const { columns, rows, nowMs } = this.#window;
    const { aborted } = this.#surroundings.signal;
    const below = this.#up || aborted ? 1 : 0;
    const lines = [...(this.#view?.live({ columns, nowMs, rows: Math.max(0, rows - below) }) ?? [])];
    const layout = { columns, palette: this.#palette };
    if (this.#up && !aborted) lines.push(upLine(layout));
    if (aborted && (this.#up || lines.length > 0)) lines.push(interruptedLine(layout));
    return lines;
  }

  /** Ticks while there is something to draw, and never keeps the process alive. */
  #keepTime(): void {
    const live = this.#waiting.length > 0 || this.#view?.isLive === true;
    if (live) this.#timer ??= setInterval(() => this.draw(), FRAME_MS).unref();
    else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
