import type { Findings } from './findings.ts';
import type { FromInstruction, FromSource } from './instruction.ts';
import { quote } from './quote.ts';
import { isSelfReference } from './reference.ts';
import { requireInsideWorkspace } from './read-paths.ts';
import type { Statement, StatementWord } from './statement.ts';

type FromFields = Pick<FromInstruction, 'source'>;

const FORMS = 'Write a base image (`FROM vm/debian:12`) or another Layerfile (`FROM ../base`).';

export function readFrom(statement: Statement, findings: Findings): FromFields | undefined {
  const [source, ...rest] = statement.words.filter((word) => !isFlag(word));
  for (const flag of statement.words.filter(isFlag)) {
    findings.error('dockerfile-only', `${quote(`FROM ${flag.text}`)} is Dockerfile syntax`, flag.range, {
      hint: 'Leave the flag out: FROM takes one source and nothing else.',
    });
  }
  if (source === undefined) {
    findings.error('argument-count', 'FROM needs a source, but nothing follows it', statement.range, { hint: FORMS });
    return undefined;
  }
  if (rest.length > 0) reportExtraWords(source, rest, findings);
  return { source: checkedSource(source, findings) };
}

function isFlag(word: StatementWord): boolean {
  return word.text.startsWith('--');
}

function reportExtraWords(source: StatementWord, rest: readonly StatementWord[], findings: Findings): void {
  const range = { start: rest[0]?.range.start ?? source.range.start, end: rest.at(-1)?.range.end ?? source.range.end };
  if (/^as$/i.test(rest[0]?.text ?? '')) {
    findings.error('dockerfile-only', '`FROM … AS …` is Dockerfile syntax: a Layerfile has one stage', range, {
      hint: `Write \`FROM ${source.written}\` here, and each other stage as a Layerfile in a folder of its own.`,
    });
    return;
  }
  const found = rest.map((word) => word.written).join(' ');
  findings.error('argument-count', `FROM takes one source, but ${quote(found)} follows it`, range, { hint: FORMS });
}

function checkedSource(word: StatementWord, findings: Findings): FromSource {
  const source = classify(word.text);
  if (source.kind !== 'layerfile' || !requireInsideWorkspace(word, findings)) return source;
  if (isSelfReference(findings.path, source.path)) {
    findings.error('from-itself', `FROM ${quote(word.text)} names this Layerfile itself`, word.range, { hint: FORMS });
  }
  return source;
}

function classify(text: string): FromSource {
  if (/^(?:\/|\.\.?(?:\/|$))/.test(text)) return { kind: 'layerfile', path: text };
  const image = /^vm\/([^:@\s]+)(?::([^\s]+))?$/.exec(text);
  if (image?.[1] === undefined) return { kind: 'container', reference: text };
  return { kind: 'image', name: image[1], tag: image[2] ?? 'latest' };
}
