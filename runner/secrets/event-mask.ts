import type { EmitEvent, StepOutput } from '../build-event.ts';
import type { RunSecrets } from './run-secrets.ts';
import { formsOf } from './secret-forms.ts';
import { MaskedTexts, TextMasker } from './text-masker.ts';

interface MaskedStream {
  readonly masker: TextMasker;
  /** The last event of the stream: what is held back goes out as one like it. */
  last: StepOutput;
}

/** Shorter ones cannot be told from ordinary words. */
const SHORTEST_TELLING = 8;

/**
 * Stands between a build and whoever listens to it, and lets no secret through: not in the output of steps, each stream of
 * each on its own, and not in warnings and errors. Texts of the Layerfile are left as they are.
 */
export class EventMask {
  readonly #emit: EmitEvent;
  readonly #secrets: RunSecrets;
  readonly #names = new Set<string>();
  #masked = new MaskedTexts([]);
  readonly #streams = new Map<string, MaskedStream>();

  constructor(emit: EmitEvent, secrets: RunSecrets) {
    this.#emit = emit;
    this.#secrets = secrets;
  }

  /** From here on the values of these secrets are masked. */
  learn(names: readonly string[]): void {
    if (names.every((name) => this.#names.has(name))) return;
    for (const name of names) this.#names.add(name);
    this.#masked = new MaskedTexts([...this.#names].flatMap((name) => formsOf(this.#secrets.value(name) ?? '')));
    for (const { masker } of this.#streams.values()) masker.masked = this.#masked;
  }

  readonly emit: EmitEvent = (event) => {
    switch (event.event) {
      case 'output':
        this.#output(event);
        break;
      case 'warning':
      case 'activity':
        this.#emit({ ...event, text: this.#masked.mask(event.text) });
        break;
      case 'step':
        this.#flush(({ last }) => last.step === event.step);
        this.#emit(event);
        break;
      default:
        this.#emit(event);
    }
  };

  /** Whether `text` holds a secret that is long enough to be told from ordinary words. */
  isToldBy(text: string): boolean {
    return this.#masked.texts.some((secret) => secret.length >= SHORTEST_TELLING && text.includes(secret));
  }

  /** Nothing follows: what was held back goes out. */
  end(): void {
    this.#flush(() => true);
  }

  /** The error without secrets in what it says: evidence of a failure may come from the guest. */
  error(error: unknown): unknown {
    if (!(error instanceof Error) || this.#masked.texts.length === 0) return error;
    error.message = this.#masked.mask(error.message);
    if (error.stack !== undefined) error.stack = this.#masked.mask(error.stack);
    this.error(error.cause);
    return error;
  }

  #output(event: StepOutput): void {
    if (this.#masked.texts.length === 0) {
      this.#emit(event);
      return;
    }
    const key = `${event.step} ${event.stream}`;
    const stream = this.#streams.get(key) ?? { masker: new TextMasker(this.#masked), last: event };
    this.#streams.set(key, stream);
    stream.last = event;
    this.#tell(event, stream.masker.push(event.text));
  }

  #flush(isMeant: (stream: MaskedStream) => boolean): void {
    for (const stream of this.#streams.values()) if (isMeant(stream)) this.#tell(stream.last, stream.masker.flush());
  }

  #tell(event: StepOutput, text: string): void {
    if (text !== '') this.#emit({ ...event, text });
  }
}
