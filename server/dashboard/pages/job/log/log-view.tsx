import { useEffect, useRef, useState } from 'preact/hooks';

import { copyText } from '../../../client/copy.ts';
import { useShortcuts } from '../../../client/shortcuts.ts';
import { plainText } from '../../../model/ansi-state.ts';
import type { PartView } from '../../../model/part.ts';
import { partLabel } from '../../../model/run-graph.ts';
import { Icon } from '../../../parts/icon.tsx';
import { useLineLink } from './line-link.ts';
import { HeadingLine, OutputLine } from './log-row.tsx';
import { LogTools } from './log-tools.tsx';
import { useFollow } from './use-follow.ts';
import { useLogSearch } from './use-log-search.ts';
import { useVirtualRows } from './use-virtual-rows.ts';

interface LogViewProps {
  readonly job: number;
  readonly run: number;
  readonly part: PartView;
  readonly version: number;
  readonly isLive: boolean;
  /** A step whose beginning is to be shown; a new object shows it again. */
  readonly shownStep: { readonly step: number } | null;
}

/** All that one machine's steps wrote, step below step. */
export function LogView({ job, run, part, isLive, shownStep }: LogViewProps) {
  const { rows } = part.log;
  const scroller = useRef<HTMLDivElement>(null);
  const [isWrapped, wrap] = useState(false);
  const [line, chooseLine] = useLineLink();
  const virtual = useVirtualRows({ count: rows.length, scroller, isWrapped });
  const { isFollowing, follow, stop } = useFollow(scroller, line === null && (isLive || hasFailed(part)));
  const show = (row: number): void => {
    stop();
    virtual.scrollToIndex(row, { align: 'center' });
  };
  const search = useLogSearch(rows, show, () => virtual.getVirtualItems()[0]?.index ?? 0);
  useShortcuts({ g: () => show(0), G: follow });
  useLinkedLine(part, line, show);
  useShownStep(part, shownStep, (row) => {
    stop();
    virtual.scrollToIndex(row, { align: 'start' });
  });
  const needle = search.needle.toLowerCase();
  const currentRow = search.matches[search.current] ?? -1;
  const copy = (): void =>
    void copyText(rows.flatMap((row) => (row.kind === 'output' ? plainText(row.text) : [])).join('\n'), 'the log');
  return (
    <section class="log" aria-label={`Log of ${partLabel(part)}`}>
      <LogTools search={search} isWrapped={isWrapped} wrap={wrap} copy={copy} rawHref={rawHref(job, run, part)} />
      <div
        class={isWrapped ? 'log-scroller log-wrapped' : 'log-scroller'}
        ref={scroller}
        tabIndex={0}
        role="group"
        aria-label="Lines"
      >
        <div class="log-sizer" style={{ height: `${virtual.getTotalSize()}px` }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const isLinked = row.kind === 'output' && row.line === line;
            const classes = [
              'log-row',
              ...(isLinked ? ['log-linked'] : []),
              ...(index === currentRow ? ['log-current'] : []),
              ...(row.kind === 'heading' ? ['log-heading-row'] : []),
            ];
            return (
              <div
                key={key}
                class={classes.join(' ')}
                data-index={index}
                ref={isWrapped ? virtual.measureElement : null}
                style={{ transform: `translateY(${start}px)` }}
              >
                {row.kind === 'output' ? (
                  <OutputLine row={row} needle={needle} choose={chooseLine} />
                ) : (
                  <HeadingLine row={row} part={part} />
                )}
              </div>
            );
          })}
        </div>
      </div>
      <LogFoot part={part} isLive={isLive} isFollowing={isFollowing} follow={follow} />
    </section>
  );
}

function LogFoot({
  part,
  isLive,
  isFollowing,
  follow,
}: Pick<LogViewProps, 'part' | 'isLive'> & { readonly isFollowing: boolean; readonly follow: () => void }) {
  const { lineCount, isCut } = part.log;
  const words =
    lineCount === 0 && !isLive
      ? 'It wrote nothing.'
      : `${lineCount} lines${isCut ? ' and more: see the plain text' : ''}`;
  return (
    <div class="log-foot quiet">
      <span class="numbers">{words}</span>
      {isLive && !isFollowing && (
        <button type="button" class="chip" onClick={follow}>
          <Icon name="down" />
          Follow the end
        </button>
      )}
    </div>
  );
}

/** Lines may come later than the address that names one. */
function useLinkedLine(part: PartView, line: number | null, show: (row: number) => void): void {
  const shown = useRef<number | null>(null);
  const row = line === null ? undefined : part.log.indexOfLine(line);
  useEffect(() => {
    if (row === undefined || shown.current === line) return;
    shown.current = line;
    show(row);
  }, [row, line]);
}

function useShownStep(part: PartView, shownStep: LogViewProps['shownStep'], show: (row: number) => void): void {
  useEffect(() => {
    const row = shownStep === null ? undefined : part.log.headingIndex(shownStep.step);
    if (row !== undefined) show(row);
  }, [shownStep]);
}

function hasFailed(part: PartView): boolean {
  return part.steps.some(({ state }) => state === 'failed');
}

function rawHref(job: number, run: number, { layerfile, copy }: PartView): string {
  const query = new URLSearchParams({ run: String(run), layerfile, ...(copy === null ? {} : { copy: String(copy) }) });
  return `/api/jobs/${job}/logs?${query.toString()}`;
}
