import type { Findings } from './findings.ts';
import type { AwsInstruction, ButtonInstruction, RunInstruction } from './instruction.ts';
import { quote } from './quote.ts';
import { parseStrings } from './read-paths.ts';
import type { Statement, StatementCommand, StatementNote } from './statement.ts';

export function readRun(statement: Statement, findings: Findings): Pick<RunInstruction, 'command'> | undefined {
  const { command } = statement;
  if (command === null || command.script.trim() === '') {
    const found = command === null ? 'nothing follows it' : 'its here-document is empty';
    findings.error('argument-count', `${statement.kind} needs a command, but ${found}`, statement.range, {
      hint: `Write \`${statement.kind} make test\`, for example.`,
    });
    return undefined;
  }
  reportNotes(statement, command.notes, findings);
  if (reportFlag(statement, command, findings)) return undefined;
  if (command.notes.some(({ kind }) => kind === 'unended-here-document')) return undefined;
  const words = command.script.startsWith('[') ? parseStrings(command.script) : undefined;
  if (words === undefined) return { command: command.script };
  const shell = words.map(shellWord).join(' ');
  findings.warning('dockerfile-only', `${quote(`${statement.kind} ["…"]`)} is Dockerfile syntax`, command.range, {
    hint: `Write \`${statement.kind} ${shell}\`.`,
  });
  return { command: shell };
}

/** `RUN --mount=…`: no command begins so, and bash would only say that it does not know it. */
function reportFlag(statement: Statement, { script, range }: StatementCommand, findings: Findings): boolean {
  const flag = /^--(?:mount|network|security|device)(?=[=\s])/.exec(script)?.[0];
  if (flag === undefined) return false;
  findings.error('dockerfile-only', `${quote(`${String(statement.kind)} ${flag}`)} is Dockerfile syntax`, range, {
    hint: 'Leave the flag out; write `CACHE path...` above for folders that should last across runs.',
  });
  return true;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function readButton(statement: Statement, findings: Findings): Pick<ButtonInstruction, 'message'> | undefined {
  if (statement.command === null) {
    findings.error('argument-count', 'BUTTON needs a message, but nothing follows it', statement.range, {
      hint: 'Write `BUTTON Deploy to production`, for example.',
    });
    return undefined;
  }
  reportNotes(statement, statement.command.notes, findings);
  return { message: statement.command.written };
}

export function readAws(statement: Statement, findings: Findings): Pick<AwsInstruction, 'arguments'> {
  findings.error('not-supported', 'AWS is not supported', statement.range, {
    hint: 'Write `SECRET ENV` for the credentials and call the `aws` command with `RUN`.',
  });
  return { arguments: statement.command?.written ?? '' };
}

function reportNotes(statement: Statement, notes: readonly StatementNote[], findings: Findings): void {
  for (const note of notes) {
    if (note.kind === 'unended-here-document') {
      findings.error('unended-here-document', `the here-document ${quote(note.found)} is never ended`, note.range, {
        hint: `Write \`${note.found}\` alone on the line behind its text, without blanks.`,
      });
    } else if (note.kind === 'blank-line') {
      findings.warning(
        'broken-continuation',
        `an empty line above this one does not end the ${String(statement.kind)}`,
        note.range,
        {
          hint: 'Remove the empty line, or the `\\` above it to end the instruction there.',
        },
      );
    } else {
      const message = `this ${quote(note.found)} is part of the ${String(statement.kind)} above, which ends with \`\\\``;
      findings.warning('broken-continuation', message, note.range, {
        hint: 'Remove the `\\` at the end of the line above to begin a new instruction here.',
      });
    }
  }
}
