import type { Findings } from './findings.ts';
import type { EnvAssignment, EnvInstruction, EnvNamesInstruction, Label, LabelInstruction } from './instruction.ts';
import { nearest } from './nearest.ts';
import { quote } from './quote.ts';
import { toWord } from './read-paths.ts';
import type { Statement, StatementWord } from './statement.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ENV_FORM = 'Write `ENV KEY=value`; put a value with blanks in quotes.';
const LABEL_KEYS = ['display_name', 'status'] as const;
const STATUSES: readonly string[] = ['merge', 'hidden'];

export function readEnv(statement: Statement, findings: Findings): Pick<EnvInstruction, 'assignments'> | undefined {
  const { words } = statement;
  if (words.length === 0) {
    findings.error('argument-count', 'ENV needs KEY=value, but nothing follows it', statement.range, {
      hint: ENV_FORM,
    });
    return undefined;
  }
  const assignments = wholeLineValue(words, findings) ?? readAssignments(words, findings);
  if (assignments === undefined) return undefined;
  reportDuplicates(assignments, 'ENV', findings);
  return { assignments };
}

/**
 * `ENV KEY value with blanks`, as Dockerfiles allow: only where the words cannot be read as pairs. The blanks are quoted, so
 * that the shell sees one value.
 */
function wholeLineValue(words: readonly StatementWord[], findings: Findings): readonly EnvAssignment[] | undefined {
  const [key, ...values] = words;
  if (key === undefined || values.length < 2 || !NAME.test(key.written)) return undefined;
  if (values[0]?.written.startsWith('=') || isReadable(words)) return undefined;
  const last = values.at(-1) ?? key;
  const value = values.map((word) => word.written).join('" "');
  reportMissingEquals(key, value, findings);
  return [{ key: key.written, value, range: { start: key.range.start, end: last.range.end } }];
}

/** Whether every word is `KEY=value`, or a key with its value behind it. */
function isReadable(words: readonly StatementWord[]): boolean {
  for (let index = 0; index < words.length; index += 1) {
    const written = words[index]?.written ?? '';
    const equals = written.indexOf('=');
    if (!NAME.test(equals < 0 ? written : written.slice(0, equals))) return false;
    if (equals < 0 && (index += 1) >= words.length) return false;
  }
  return true;
}

function readAssignments(words: readonly StatementWord[], findings: Findings): readonly EnvAssignment[] | undefined {
  const assignments: EnvAssignment[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) break;
    const equals = word.written.indexOf('=');
    const next = equals < 0 ? words[index + 1] : undefined;
    const assignment = equals < 0 ? fromPair(word, next, findings) : fromEquals(word, equals);
    if (assignment === undefined || !requireName(assignment.key, word, findings)) return undefined;
    assignments.push(assignment);
    if (next !== undefined) index += 1;
  }
  return assignments;
}

function fromEquals({ written, range }: StatementWord, equals: number): EnvAssignment {
  return { key: written.slice(0, equals), value: written.slice(equals + 1), range };
}

/** `KEY value`: accepted with a warning, but `KEY = value` surely means something else. */
function fromPair(key: StatementWord, value: StatementWord | undefined, findings: Findings): EnvAssignment | undefined {
  if (value === undefined) {
    findings.error('argument-count', `ENV ${quote(key.written)} has no value`, key.range, { hint: ENV_FORM });
    return undefined;
  }
  if (value.written.startsWith('=')) {
    findings.error('blank-around-equals', `ENV ${quote(key.written)} has a blank before its \`=\``, value.range, {
      hint: 'Write `KEY=value` without blanks around `=`.',
    });
    return undefined;
  }
  if (NAME.test(key.written)) reportMissingEquals(key, value.written, findings);
  return { key: key.written, value: value.written, range: { start: key.range.start, end: value.range.end } };
}

function reportMissingEquals(key: StatementWord, value: string, findings: Findings): void {
  findings.warning('key-without-equals', `ENV ${quote(key.written)} is set without \`=\``, key.range, {
    hint: `Write \`ENV ${key.written}=${value}\`.`,
  });
}

function requireName(name: string, word: StatementWord, findings: Findings): boolean {
  if (NAME.test(name)) return true;
  findings.error('invalid-name', `${quote(name)} is not the name of a variable`, word.range, {
    hint: 'Names are letters, digits and `_`, and do not begin with a digit.',
  });
  return false;
}

function reportDuplicates(assignments: readonly EnvAssignment[], instruction: string, findings: Findings): void {
  const first = new Map<string, EnvAssignment>();
  for (const assignment of assignments) {
    const earlier = first.get(assignment.key);
    if (earlier === undefined) {
      first.set(assignment.key, assignment);
      continue;
    }
    findings.warning(
      'duplicate-key',
      `${instruction} sets ${quote(assignment.key)} twice, and the last one holds`,
      assignment.range,
      {
        related: { message: 'first set here', range: earlier.range },
      },
    );
  }
}

export function readEnvNames(statement: Statement, findings: Findings): Pick<EnvNamesInstruction, 'names'> | undefined {
  const { kind, words } = statement;
  if (words.length === 0) {
    findings.error('argument-count', `${kind} needs the name of a variable, but nothing follows it`, statement.range);
    return undefined;
  }
  const wrong = words.filter((word) => !NAME.test(word.text));
  for (const word of wrong) {
    const name = /^\$?\{?([A-Za-z_]\w*)/.exec(word.text)?.[1];
    findings.error('invalid-name', `${kind} takes names of variables, but found ${quote(word.written)}`, word.range, {
      hint:
        name === undefined
          ? 'Names are letters, digits and `_`, and do not begin with a digit.'
          : `Write \`${kind} ${name}\`.`,
    });
  }
  const names = words.filter((word) => !wrong.includes(word)).map(toWord);
  return names.length === 0 ? undefined : { names };
}

export function readLabel(statement: Statement, findings: Findings): Pick<LabelInstruction, 'labels'> | undefined {
  if (statement.words.length === 0) {
    findings.error('argument-count', 'LABEL needs key=value, but nothing follows it', statement.range, {
      hint: 'Write `LABEL display_name=tests` or `LABEL status=merge`.',
    });
    return undefined;
  }
  const labels = statement.words.map((word) => readOneLabel(word, findings)).filter((label) => label !== undefined);
  return labels.length === 0 ? undefined : { labels };
}

function readOneLabel(word: StatementWord, findings: Findings): Label | undefined {
  const equals = word.text.indexOf('=');
  if (equals < 1) {
    findings.error('invalid-value', `LABEL takes key=value, but found ${quote(word.written)}`, word.range, {
      hint: 'Write `LABEL display_name=tests`; put a value with blanks in quotes.',
    });
    return undefined;
  }
  const label = { key: word.text.slice(0, equals), value: word.text.slice(equals + 1), range: word.range };
  if (!LABEL_KEYS.some((key) => key === label.key)) {
    const closest = nearest(label.key, LABEL_KEYS);
    findings.error('label-unknown', `unknown label ${quote(label.key)}`, word.range, {
      hint: closest === undefined ? 'Known labels are `display_name` and `status`.' : `Did you mean \`${closest}\`?`,
    });
    return undefined;
  }
  if (label.key === 'status' && !STATUSES.includes(label.value)) {
    findings.warning('invalid-value', `the status ${quote(label.value)} has no meaning`, word.range, {
      hint: 'Write `status=merge` or `status=hidden`, or leave the label out.',
    });
  }
  return label;
}
