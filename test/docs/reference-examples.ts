import { readFileSync } from 'node:fs';

const REFERENCE = new URL('../../docs/layerfile-reference.md', import.meta.url);

/** A Layerfile of the reference, with what stands behind it. */
export interface ReferenceExample {
  /** The heading it stands under. */
  readonly section: string;
  /** What its fence says: to run, not to be run by this version, or to have errors. */
  readonly purpose: 'runs' | 'not-run' | 'error';
  readonly layerfile: string;
  /** Files beside it by path; one that begins with `/` is at the workspace's root. */
  readonly files: Readonly<Record<string, string>>;
  /** What its command line has behind `layer run`. */
  readonly flags: readonly string[];
}

interface Block {
  readonly section: string;
  readonly language: string;
  readonly note: string;
  readonly text: string;
}

/** The text of the reference. */
export function referenceText(): string {
  return readFileSync(REFERENCE, 'utf8');
}

/** Every fence ```layerfile with the ```files and ```shell fences behind it. */
export function referenceExamples(): readonly ReferenceExample[] {
  const blocks = fencedBlocks(referenceText());
  return blocks.flatMap((block, index) => {
    if (block.language !== 'layerfile') return [];
    const behind = blocks.slice(index + 1, index + 3);
    const next = behind.findIndex(({ language }) => language === 'layerfile');
    const own = (next < 0 ? behind : behind.slice(0, next)).filter(({ section }) => section === block.section);
    const textOf = (language: string): string => own.find((other) => other.language === language)?.text ?? '';
    return [
      {
        section: block.section,
        purpose: purposeOf(block.note),
        layerfile: block.text,
        files: filesOf(textOf('files')),
        flags: textOf('shell').trim().split(' ').slice(2),
      },
    ];
  });
}

function purposeOf(note: string): ReferenceExample['purpose'] {
  if (note === '') return 'runs';
  if (note === 'not-run' || note === 'error') return note;
  throw new Error(`a fence of the reference says ${note}`);
}

function fencedBlocks(markdown: string): readonly Block[] {
  const parts = markdown.matchAll(/^## (.+)$|^```(\w+) ?([\w-]*)\n([^]*?)^```$/gm);
  let section = '';
  return Array.from(parts).flatMap(([, heading, language, note = '', text = '']) => {
    section = heading ?? section;
    return language === undefined ? [] : [{ section, language, note, text }];
  });
}

/** `=== path` before each file's text. */
function filesOf(text: string): Readonly<Record<string, string>> {
  const files = text.split(/^=== /m).filter((part) => part !== '');
  return Object.fromEntries(
    files.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  );
}
