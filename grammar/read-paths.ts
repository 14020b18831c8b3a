import type { Findings } from './findings.ts';
import type { CloneInstruction, CopyInstruction, PathsInstruction, WorkdirInstruction, Word } from './instruction.ts';
import { quote } from './quote.ts';
import { isSelfReference, resolveReference } from './reference.ts';
import type { Statement, StatementWord } from './statement.ts';

export function toWord({ text, range }: StatementWord): Word {
  return { text, range };
}

/** False, with an error, where `..` leads out of the workspace. A Layerfile with an absolute path has no known root. */
export function requireInsideWorkspace(word: StatementWord, findings: Findings): boolean {
  if (findings.path.startsWith('/') || resolveReference(findings.path, word.text) !== undefined) return true;
  findings.error('outside-workspace', `${quote(word.text)} leads out of the workspace`, word.range, {
    hint: 'Write a path inside the workspace; a leading `/` means its root.',
  });
  return false;
}

export function readCopy(
  statement: Statement,
  findings: Findings,
): Pick<CopyInstruction, 'sources' | 'destination'> | undefined {
  const flags = statement.words.filter((word) => /^--[a-z]/.test(word.text));
  for (const flag of flags) reportCopyFlag(flag, findings);
  const all = jsonForm(statement) ?? statement.words.filter((word) => !flags.includes(word));
  const [destination, ...sources] = [all.at(-1), ...all.slice(0, -1)];
  if (all.some((word) => word.text.startsWith('<<'))) {
    findings.error('not-supported', 'COPY takes no here-documents', statement.range, {
      hint: 'Write the file with `RUN cat > file <<EOF`.',
    });
    return undefined;
  }
  if (destination === undefined || sources.length === 0) {
    const found = destination === undefined ? 'nothing follows it' : `only ${quote(destination.written)} follows it`;
    findings.error('argument-count', `COPY needs a source and a destination, but ${found}`, statement.range, {
      hint: `Write \`COPY ${destination?.written ?? '.'} ${destination?.written ?? '.'}\`, for example.`,
    });
    return undefined;
  }
  for (const source of sources) requireInsideWorkspace(source, findings);
  if (sources.length > 1) requireFolder(destination, sources.length, findings);
  return { sources: sources.map(toWord), destination: toWord(destination) };
}

/** Dockerfiles' `COPY ["a b", "c"]`: one path in each string. */
function jsonForm(statement: Statement): readonly StatementWord[] | undefined {
  const written = statement.words.map((word) => word.written).join(' ');
  if (!written.startsWith('[')) return undefined;
  const texts = parseStrings(written);
  return texts?.map((text) => ({ text, written: JSON.stringify(text), unclosed: null, range: statement.range }));
}

/** The strings of a JSON array of strings, else `undefined`. */
export function parseStrings(json: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

function reportCopyFlag(flag: StatementWord, findings: Findings): void {
  const name = flag.text.split('=', 1)[0] ?? '';
  const instead = new Map([
    [
      '--from',
      'Build the other stage in a Layerfile of its own and start `FROM` it; its files are then already in the machine.',
    ],
    ['--chown', 'Write `RUN chown` behind the COPY.'],
    ['--chmod', 'Write `RUN chmod` behind the COPY.'],
  ]);
  findings.error('dockerfile-only', `${quote(`COPY ${name}`)} is Dockerfile syntax`, flag.range, {
    hint: instead.get(name) ?? 'Leave the flag out: COPY takes sources and a destination.',
  });
}

/** `.`, `..` and `~` can only be folders, so they need no `/`. */
function requireFolder(destination: StatementWord, sources: number, findings: Findings): void {
  if (/(?:^|\/)(?:\.\.?)?$|^~$/.test(destination.text)) return;
  findings.error(
    'not-a-folder',
    `COPY of ${sources} sources needs a folder as destination, but ${quote(destination.text)} does not end with \`/\``,
    destination.range,
    { hint: `Write \`${destination.text}/\`.` },
  );
}

export function readPaths(statement: Statement, findings: Findings): Pick<PathsInstruction, 'paths'> | undefined {
  if (statement.words.length > 0) {
    if (statement.kind === 'WAIT') for (const word of statement.words) checkWait(word, findings);
    return { paths: statement.words.map(toWord) };
  }
  const what = statement.kind === 'WAIT' ? 'the folder of another Layerfile' : 'a path';
  findings.error('argument-count', `${statement.kind} needs ${what}, but nothing follows it`, statement.range);
  return undefined;
}

function checkWait(word: StatementWord, findings: Findings): void {
  if (!requireInsideWorkspace(word, findings) || !isSelfReference(findings.path, word.text)) return;
  findings.error(
    'wait-itself',
    `WAIT ${quote(word.text)} names this Layerfile itself, so it would wait for ever`,
    word.range,
    {
      hint: 'Name another Layerfile, or remove the line.',
    },
  );
}

export function readWorkdir(statement: Statement, findings: Findings): Pick<WorkdirInstruction, 'folder'> | undefined {
  const [folder, extra] = statement.words;
  if (folder !== undefined && extra === undefined) return { folder: folder.text };
  const found = folder === undefined ? 'nothing follows it' : `${quote(extra?.written ?? '')} follows the first`;
  const quoted = `"${statement.words.map((word) => word.text).join(' ')}"`;
  findings.error('argument-count', `WORKDIR takes one folder, but ${found}`, extra?.range ?? statement.range, {
    hint:
      folder === undefined
        ? 'Write `WORKDIR /root/app`, for example.'
        : `If the name has blanks, write \`WORKDIR ${quoted}\`.`,
  });
  return undefined;
}

export function readClone(
  statement: Statement,
  findings: Findings,
): Pick<CloneInstruction, 'url' | 'defaultBranch' | 'files' | 'destination'> | undefined {
  const branch = statement.words.find((word) => word.text.startsWith('DEFAULT='));
  const [url, ...paths] = statement.words.filter((word) => word !== branch);
  const destination = paths.at(-1);
  if (url === undefined || destination === undefined) {
    const found = url === undefined ? 'nothing follows it' : `only ${quote(url.written)} follows it`;
    findings.error('argument-count', `CLONE needs a URL and a destination, but ${found}`, statement.range, {
      hint: 'Write `CLONE https://example.com/owner/name.git DEFAULT=main /name`, for example.',
    });
    return undefined;
  }
  const defaultBranch = branch?.text.slice('DEFAULT='.length) ?? null;
  if (defaultBranch === '')
    findings.error('invalid-value', 'DEFAULT= needs the name of a branch', branch?.range ?? url.range);
  return { url: url.text, defaultBranch, files: paths.slice(0, -1).map(toWord), destination: toWord(destination) };
}
