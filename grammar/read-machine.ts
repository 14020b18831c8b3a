import type { Findings } from './findings.ts';
import type { CheckpointInstruction, MemoryInstruction, SplitInstruction, UserInstruction } from './instruction.ts';
import { quote } from './quote.ts';
import type { Statement } from './statement.ts';

const MEGABYTES_PER_UNIT: Readonly<Record<string, number>> = { K: 1 / 1024, M: 1, G: 1024 };
const MOST_COPIES = 64;
/** What useradd(8) accepts, capitals added. */
const USER_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;

export function readMemory(statement: Statement, findings: Findings): Pick<MemoryInstruction, 'megabytes'> | undefined {
  const hint = 'Write `MEMORY 2G`, with one of the units K, M and G.';
  const written = statement.words.map((word) => word.written).join('');
  const [matched, digits, unit = ''] = /^(\d{1,9})([KMG])i?B?$/i.exec(written) ?? [];
  if (matched === undefined) {
    const found = written === '' ? 'nothing follows it' : `found ${quote(written)}`;
    findings.error(
      written === '' ? 'argument-count' : 'invalid-value',
      `MEMORY takes a number and a unit, but ${found}`,
      statement.range,
      { hint },
    );
    return undefined;
  }
  const megabytes = Number(digits) * (MEGABYTES_PER_UNIT[unit.toUpperCase()] ?? 1);
  if (megabytes >= 1) return { megabytes: Math.ceil(megabytes) };
  findings.error('out-of-range', `MEMORY ${quote(written)} is less than one megabyte`, statement.range, { hint });
  return undefined;
}

export function readUser(statement: Statement, findings: Findings): Pick<UserInstruction, 'name'> | undefined {
  const [name, extra] = statement.words;
  if (name === undefined || extra !== undefined) {
    const found = extra === undefined ? 'nothing follows it' : `${quote(extra.written)} follows it`;
    findings.error('argument-count', `USER takes one name, but ${found}`, extra?.range ?? statement.range);
    return undefined;
  }
  if (USER_NAME.test(name.text)) return { name: name.text };
  const group = /^([^:]*):/.exec(name.text)?.[1];
  findings.error('invalid-name', `${quote(name.written)} is not the name of a user`, name.range, {
    hint:
      group === undefined
        ? 'Names are letters, digits, `_` and `-`, and do not begin with a digit.'
        : `Write \`USER ${group}\`: users are in the group root.`,
  });
  return undefined;
}

export function readSplit(
  statement: Statement,
  findings: Findings,
): Pick<SplitInstruction, 'copies' | 'ordered'> | undefined {
  const unordered = /^unordered$/i.test(statement.words[0]?.text ?? '');
  const [count, extra] = unordered ? statement.words.slice(1) : statement.words;
  const hint = 'Write `SPLIT 3` or `SPLIT UNORDERED 3`.';
  if (count === undefined || extra !== undefined || !/^\d+$/.test(count.text)) {
    const wrong = extra ?? count;
    const found = wrong === undefined ? 'nothing follows it' : `found ${quote(wrong.written)}`;
    findings.error('invalid-value', `SPLIT takes a number of copies, but ${found}`, wrong?.range ?? statement.range, {
      hint,
    });
    return undefined;
  }
  const copies = Number(count.text);
  if (copies >= 1 && copies <= MOST_COPIES) return { copies, ordered: !unordered };
  findings.error('out-of-range', `SPLIT ${quote(count.text)} is not between 1 and ${MOST_COPIES}`, count.range, {
    hint,
  });
  return undefined;
}

export function readCheckpoint(
  statement: Statement,
  findings: Findings,
): Pick<CheckpointInstruction, 'action' | 'name'> | undefined {
  const [name, extra] = statement.words;
  if (extra !== undefined) {
    findings.error(
      'argument-count',
      `CHECKPOINT takes at most one name, but ${quote(extra.written)} follows it`,
      extra.range,
      {
        hint: 'Write `CHECKPOINT`, `CHECKPOINT name` or `CHECKPOINT disabled`.',
      },
    );
    return undefined;
  }
  if (name !== undefined && /^disabled$/i.test(name.text)) return { action: 'disable', name: null };
  return { action: 'take', name: name?.text ?? null };
}
