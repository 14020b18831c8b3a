import { type BuildEvent, type Miss, missSentence } from '../../../runner/index.ts';
import { counted } from '../../../util/counted.ts';
import { formatDuration } from '../../../util/duration.ts';
import { LayerfileStory } from './layerfile-story.ts';

/** So many restored Layerfiles have a line each; of more, their number is told. */
const FEW = 6;
const MAX_NAME = 40;
/** With git's `remote: ` before it, a line fits a window of 100 columns. */
const MAX_LINE = 92;
/** What is shown of an instruction at least. */
const MIN_INSTRUCTION = 16;
/** The longest word of the second column. */
const WORD_WIDTH = 'cancelled'.length;

/** Tells a run as it goes, in lines for a terminal: which Layerfiles are restored, and which run and why. */
export class RunStory {
  readonly #layerfiles = new Map<string, LayerfileStory>();
  readonly #told = new Set<string>();
  /** Whether how each Layerfile ends is told, too. */
  readonly #toTheEnd: boolean;

  constructor(toTheEnd: boolean) {
    this.#toTheEnd = toTheEnd;
  }

  /** What is to be said now that this has happened. */
  take(event: BuildEvent): readonly string[] {
    if (event.event === 'build') {
      this.#layerfiles.set(event.layerfile, new LayerfileStory(event));
      return [];
    }
    if (!('layerfile' in event)) return [];
    const story = this.#layerfiles.get(event.layerfile);
    if (story === undefined) return [];
    const hadEnded = story.hasEnded;
    story.take(event);
    const lines = event.event === 'start' ? this.#begins(story) : [];
    return story.hasEnded && !hadEnded ? [...lines, ...this.#ends(story)] : lines;
  }

  /** Whether it is known of each Layerfile what becomes of it, as far as that can be known before others have run. */
  get isDecided(): boolean {
    const all = [...this.#layerfiles.values()];
    return all.length > 0 && all.every((story) => this.#isDecided(story) || this.#waits(story));
  }

  /** Whether every Layerfile has come to its end. */
  get hasEnded(): boolean {
    return this.#layerfiles.size > 0 && [...this.#layerfiles.values()].every((story) => story.hasEnded);
  }

  /** What to say at the end of the decision, or when nobody waits for it any longer. */
  closing(): readonly string[] {
    const all = [...this.#layerfiles.values()];
    const open = all.filter((story) => !this.#isDecided(story));
    const lines = open.length > FEW ? [] : open.map((story) => this.#line(story, 'waits', this.#waitsFor(story)));
    const restored = all.filter(({ isRestored }) => isRestored);
    if (all.length < 2) return lines;
    const savedMs = restored.reduce((sum, story) => sum + story.savedMs, 0);
    const saved = savedMs > 0 ? `, saved ${formatDuration(savedMs)}` : '';
    const rest = open.length > FEW ? `; ${open.length} wait` : '';
    return [...lines, `  ${restored.length} of ${counted(all.length, 'Layerfile')} restored${saved}${rest}`];
  }

  #isDecided(story: LayerfileStory): boolean {
    return story.hasEnded || story.firstRun !== null;
  }

  /** For one that runs. */
  #waits(story: LayerfileStory): boolean {
    return story.needs.some((path) => {
      const need = this.#layerfiles.get(path);
      return need !== undefined && !need.isRestored && (this.#isDecided(need) || this.#waits(need));
    });
  }

  #waitsFor(story: LayerfileStory): string {
    const need = story.needs.find((path) => this.#layerfiles.get(path)?.isRestored === false);
    return need === undefined ? story.doing : `for ${need}`;
  }

  #begins(story: LayerfileStory): readonly string[] {
    const { firstRun, path } = story;
    if (firstRun === null || this.#told.has(path)) return [];
    this.#told.add(path);
    const { instruction, miss, step } = firstRun;
    const why = miss === null ? '' : whyOf(miss, step, instruction);
    const [text = ''] = instruction.split('\n');
    const room = Math.max(MIN_INSTRUCTION, MAX_LINE - this.#line(story, 'runs', '-').length - why.length + 1);
    return [this.#line(story, 'runs', `${text.length > room ? `${text.slice(0, room - 1)}…` : text}${why}`)];
  }

  #ends(story: LayerfileStory): readonly string[] {
    const { isRestored, savedMs, failed } = story;
    if (isRestored) {
      if (this.#layerfiles.size > FEW) return [];
      const saved = savedMs > 0 ? `, saved ${formatDuration(savedMs)}` : '';
      return [this.#line(story, 'restored', `${counted(story.count('restored'), 'step')}${saved}`)];
    }
    if (!this.#toTheEnd) return [];
    if (failed !== null) {
      const code = failed.exitCode === null ? '' : `: exit code ${failed.exitCode}`;
      return [this.#line(story, 'failed', `${failed.instruction.split('\n')[0] ?? ''}${code}`)];
    }
    if (story.count('cancelled') > 0) return [this.#line(story, 'cancelled', '')];
    const [restored, ran] = [story.count('restored'), story.count('ran')];
    if (ran === 0) return [this.#line(story, 'skipped', '')];
    return [this.#line(story, 'ran', restored > 0 ? `${restored} restored, ${ran} ran` : counted(ran, 'step'))];
  }

  #line({ path }: LayerfileStory, word: string, text: string): string {
    const width = Math.min(MAX_NAME, Math.max(...[...this.#layerfiles.keys()].map((name) => name.length)));
    const name = path.length > MAX_NAME ? `…${path.slice(1 - MAX_NAME)}` : path;
    return `  ${name.padEnd(width)}  ${word.padEnd(WORD_WIDTH)}  ${text}`.trimEnd();
  }
}

function whyOf(miss: Miss, step: number, instruction: string): string {
  const why = missSentence(miss, step, instruction);
  return miss.reason === 'new' || miss.reason === 'forced' ? ` (${why})` : `, because ${why}`;
}
