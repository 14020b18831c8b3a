import { STARTS_INSTRUCTION } from './keyword.ts';

/** `<<EOF` in a command: the lines up to `EOF` are its input. `<<-EOF` takes the tabs off their beginnings. */
export interface HereDocumentMark {
  readonly delimiter: string;
  readonly stripTabs: boolean;
  /** The mark as written. */
  readonly written: string;
}

export interface HereDocument {
  readonly lines: readonly string[];
  /** The offset behind the last line read, before its line break. */
  readonly end: number;
  /** False where the delimiter never comes; then `lines` is what stands before the next instruction. */
  readonly ended: boolean;
}

const MARK = /<<(-?)[ \t]*(?:'([^'\r\n]+)'|"([^"\r\n]+)"|\\?([^\s'"|&;<>()$`\\]+))/y;
/** Stretches in which `<<` is no here-document: quotes, escapes, arithmetic, here-strings, comments. */
const OTHER =
  /'[^']*'?|"(?:[^"\\]+|\\[^])*"?|`(?:[^`\\]+|\\[^])*`?|\\[^]|\(\((?:[^]*?\)\)|[^]*)|<<<|(?<=^|[\s;&|()])#[^]*|[^'"`\\(<#]+|[^]/y;

/** The here-documents that a command line announces, in order. */
export function findHereDocuments(command: string): readonly HereDocumentMark[] {
  const marks: HereDocumentMark[] = [];
  if (!command.includes('<<')) return marks;
  for (let offset = 0; offset < command.length; ) {
    const found = command.startsWith('<<<', offset) ? null : matchAt(MARK, command, offset);
    const [written = '', dash, single, double, bare] = found ?? [];
    const delimiter = single ?? double ?? bare;
    if (delimiter !== undefined && !/^\d+$/.test(delimiter)) {
      marks.push({ delimiter, stripTabs: dash === '-', written });
      offset += written.length;
    } else {
      offset += matchAt(OTHER, command, offset)?.[0].length ?? 1;
    }
  }
  return marks;
}

/**
 * Finds the ends of here-documents in one source. It knows every line beforehand, so that looking for a delimiter that
 * never comes costs nothing: a source full of them is still read in linear time.
 */
export class HereDocumentReader {
  readonly #source: string;
  /** The last offset at which a line begins, for each line as it is and without its leading tabs. */
  #lastOffset: { readonly exact: Map<string, number>; readonly stripped: Map<string, number> } | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /** Reads the lines behind the break at `offset`. */
  read(mark: HereDocumentMark, offset: number): HereDocument {
    const known = mark.stripTabs ? this.#lines().stripped : this.#lines().exact;
    const comes = (known.get(mark.delimiter) ?? -1) >= offset;
    const lines: string[] = [];
    let end = offset;
    for (const line of linesAfter(this.#source, offset)) {
      const text = mark.stripTabs ? withoutTabs(line.text) : line.text;
      if (!comes && STARTS_INSTRUCTION.test(line.text)) break;
      end = line.end;
      if (text === mark.delimiter) return { lines, end, ended: true };
      lines.push(text);
    }
    return { lines, end, ended: false };
  }

  #lines(): { readonly exact: Map<string, number>; readonly stripped: Map<string, number> } {
    if (this.#lastOffset !== undefined) return this.#lastOffset;
    const exact = new Map<string, number>();
    const stripped = new Map<string, number>();
    // The first line is never wanted: a here-document's lines stand behind the command that announces it.
    for (const { text, start } of linesAfter(this.#source, this.#source.search(/[\r\n]/))) {
      exact.set(text, start);
      stripped.set(withoutTabs(text), start);
    }
    this.#lastOffset = { exact, stripped };
    return this.#lastOffset;
  }
}

function withoutTabs(text: string): string {
  return text.replace(/^\t+/, '');
}

interface SourceLine {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The whole lines behind the line break at `offset`. */
function* linesAfter(source: string, offset: number): Generator<SourceLine> {
  const lineBreak = /\r\n|\r|\n/y;
  const content = /[^\r\n]*/y;
  let at = Math.max(0, offset);
  for (;;) {
    const skipped = matchAt(lineBreak, source, at);
    if (skipped === null) return;
    const start = at + skipped[0].length;
    if (start >= source.length) return;
    const text = matchAt(content, source, start)?.[0] ?? '';
    at = start + text.length;
    yield { text, start, end: at };
  }
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}
