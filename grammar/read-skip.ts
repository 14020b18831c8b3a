import type { Findings } from './findings.ts';
import type { SkipCondition, SkipInstruction } from './instruction.ts';
import { quote } from './quote.ts';
import type { SourceRange } from './source-position.ts';
import type { Statement, StatementWord } from './statement.ts';

const FORM = 'Write `SKIP REMAINING IF GIT_BRANCH!=main AND GIT_TAG=~"^v[0-9]"`, for example.';
const CONDITION = /^("?\$\{?)?([A-Za-z_]\w*)(\}?"?)[ \t]*(!=~|=~|!=|==?)[ \t]*([^]*)$/;
/** What must stand behind the name where a shell's way to write it stands before it. */
const SHELL_NAME: Readonly<Record<string, string>> = { '': '', $: '', '${': '}', '"$': '"', '"${': '}"' };
/** `(?i)…`: other languages' way to write flags, which JavaScript has as `(?i:…)` only. */
const FLAGGED = /^\(\?([ims]+)\)([^]*)$/;

export function readSkip(statement: Statement, findings: Findings): Pick<SkipInstruction, 'conditions'> | undefined {
  const groups = splitAtAnd(statement, findings);
  if (groups === undefined) return undefined;
  const conditions = groups.map((words) => readCondition(words, findings));
  return conditions.some((condition) => condition === undefined)
    ? undefined
    : { conditions: conditions.filter((condition) => condition !== undefined) };
}

type Group = readonly [StatementWord, ...StatementWord[]];

/** The words between the ANDs; each AND must have a condition on both sides. */
function splitAtAnd(statement: Statement, findings: Findings): readonly Group[] | undefined {
  const { words } = statement;
  if (words.length === 0) {
    findings.error('argument-count', 'SKIP REMAINING IF needs a condition, but nothing follows it', statement.range, {
      hint: FORM,
    });
    return undefined;
  }
  const groups: [StatementWord, ...StatementWord[]][] = [];
  let fine = true;
  let group: [StatementWord, ...StatementWord[]] | undefined;
  for (const [index, word] of words.entries()) {
    if (word.written !== 'AND') {
      if (group === undefined) groups.push((group = [word]));
      else group.push(word);
      continue;
    }
    const wrong = misplacedAnd(words, index);
    if (wrong !== undefined) findings.error('condition-syntax', wrong, word.range, { hint: FORM });
    fine &&= wrong === undefined;
    group = undefined;
  }
  return fine ? groups : undefined;
}

function misplacedAnd(words: readonly StatementWord[], index: number): string | undefined {
  if (index === 0) return 'the condition begins with AND, but AND stands between two conditions';
  if (words[index - 1]?.written === 'AND') return 'AND stands twice, but one joins two conditions';
  if (index === words.length - 1) return 'the condition ends with AND, but another condition must follow it';
  return undefined;
}

function readCondition(words: Group, findings: Findings): SkipCondition | undefined {
  const range = { start: words[0].range.start, end: words.at(-1)?.range.end ?? words[0].range.end };
  const written = words.map((word) => word.written).join(' ');
  const [matched, shell = '', key = '', closing, sign, rawValue = ''] = CONDITION.exec(written) ?? [];
  if (matched === undefined || SHELL_NAME[shell] !== closing) {
    findings.error(
      'condition-syntax',
      `${quote(written)} is not a condition: expected KEY=value, KEY!=value, KEY=~regex or KEY!=~regex`,
      range,
      { hint: FORM },
    );
    return undefined;
  }
  const value = unquoteValue(rawValue);
  if (value === undefined) {
    findings.error('condition-syntax', `the value ${quote(rawValue)} has blanks`, range, {
      hint: 'Put the value in quotes, or write AND between two conditions.',
    });
    return undefined;
  }
  const operator = sign === '!=~' || sign === '=~' || sign === '!=' ? sign : '=';
  const condition: SkipCondition = { key, operator, value, range };
  reportOddities(condition, shell !== '', sign === '==', findings);
  if (!operator.endsWith('~')) return condition;
  const expression = value.replace(FLAGGED, '(?$1:$2)');
  return isRegularExpression(expression, range, findings) ? { ...condition, value: expression } : undefined;
}

/** `undefined` where blanks are outside quotes. Backslashes stay: they belong to regular expressions. */
function unquoteValue(written: string): string | undefined {
  const quoted = /^(["'])([^]*)\1$/.exec(written)?.[2];
  return quoted ?? (/[ \t]/.test(written) ? undefined : written);
}

function reportOddities(
  { key, value, operator, range }: SkipCondition,
  isShell: boolean,
  double: boolean,
  findings: Findings,
): void {
  if (isShell) {
    findings.warning('condition-syntax', `the name ${quote(key)} needs no \`$\``, range, {
      hint: `Write \`${key}${operator}${value}\`.`,
    });
  }
  if (double)
    findings.warning('condition-syntax', 'equality is written with one `=`', range, {
      hint: `Write \`${key}=${value}\`.`,
    });
  if (!operator.endsWith('~') && /&\w+!?=/.test(value)) {
    findings.warning('condition-syntax', `the \`&\` is part of the value ${quote(value)}`, range, {
      hint: 'Write AND, with blanks around it, between two conditions.',
    });
  }
}

function isRegularExpression(value: string, range: SourceRange, findings: Findings): boolean {
  try {
    new RegExp(value);
    return true;
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^Invalid regular expression: [^]*: /, '') : String(error);
    findings.error(
      'invalid-regular-expression',
      `${quote(value)} is not a regular expression: ${reason.toLowerCase()}`,
      range,
      {
        hint: 'Escape characters that are meant literally with `\\`, and close every bracket.',
      },
    );
    return false;
  }
}
