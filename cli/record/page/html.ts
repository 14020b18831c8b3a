import { printableText } from '../../../util/printable-text.ts';

/** Markup; made by {@link html} alone, so that no text of others is ever taken for it. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** What stands between `values` is markup; they are text, made harmless, where they are no `Html` themselves. */
  static of(strings: TemplateStringsArray, values: readonly Content[]): Html {
    return new Html(strings.map((markup, index) => markup + markupOf(values[index] ?? null)).join(''));
  }

  toString(): string {
    return this.#markup;
  }
}

/** `null` stands for nothing. */
export type Content = string | number | Html | readonly (Html | null)[] | null;

/** A piece of a page: html`<b title="${text}">${text}</b>`. Attribute values must be quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return Html.of(strings, values);
}

function markupOf(value: Content): string {
  if (value === null) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeText(String(value));
}

const ENTITIES: Readonly<Partial<Record<string, string>>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Also without escape sequences, control characters, marks that reorder text, and halves of characters. */
function escapeText(text: string): string {
  return printableText(text.toWellFormed()).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
