import type { CSSProperties } from 'preact';

import { type AnsiSpan, ansiSpans, markMatches } from '../../../model/ansi-spans.ts';
import type { HeadingRow, OutputRow } from '../../../model/log-lines.ts';
import type { PartView } from '../../../model/part.ts';
import { Mark } from '../../../parts/mark.tsx';
import { instructionLine } from '../../../words/printable.ts';
import { stepRemark } from '../../../words/step-remark.ts';

/** More would make one row of the document slow; the raw log has all of it. */
const LONGEST_SHOWN = 4000;

interface OutputLineProps {
  readonly row: OutputRow;
  /** In small letters. */
  readonly needle: string;
  readonly choose: (line: number) => void;
}

export function OutputLine({ row: { line, text, style, stream }, needle, choose }: OutputLineProps) {
  const spans = markMatches(ansiSpans(text.slice(0, LONGEST_SHOWN), style), needle);
  const click = (event: MouseEvent): void => {
    event.preventDefault();
    choose(line);
  };
  return (
    <>
      <a class="log-number" href={`#L${line}`} aria-label={`Line ${line}`} tabIndex={-1} onClick={click}>
        {line}
      </a>
      <span class={`log-text log-${stream}`}>
        {spans.map((span, index) =>
          span.isMatch ? (
            <mark key={index} class={span.classes}>
              {span.text}
            </mark>
          ) : (
            <Span key={index} span={span} />
          ),
        )}
        {text.length > LONGEST_SHOWN && <span class="quiet"> …</span>}
      </span>
    </>
  );
}

function Span({ span: { text, classes, colour, background } }: { readonly span: AnsiSpan }) {
  if (classes === '' && colour === null && background === null) return <>{text}</>;
  const style: CSSProperties = {
    ...(colour === null ? {} : { color: `rgb(${colour})` }),
    ...(background === null ? {} : { backgroundColor: `rgb(${background})` }),
  };
  return (
    <span class={classes} style={style}>
      {text}
    </span>
  );
}

export function HeadingLine({ row, part }: { readonly row: HeadingRow; readonly part: PartView }) {
  const step = part.step(row.step);
  if (step === undefined) return null;
  return (
    <>
      <span class="log-number">
        <Mark state={step.state} />
      </span>
      <span class="log-heading">
        <span class="log-heading-number">{step.number}</span>
        <span class="log-heading-text">{instructionLine(step.instruction ?? '')}</span>
        <span class="log-heading-remark">{stepRemark(step)}</span>
      </span>
    </>
  );
}
