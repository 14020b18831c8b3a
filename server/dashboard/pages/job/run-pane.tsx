import { useRef, useState } from 'preact/hooks';

import type { JobBody as Job } from '../../../api/schemas/index.ts';
import type { JobRun } from '../../../jobs/job.ts';
import type { RunFeed } from '../../client/run-feed.ts';
import { useShortcuts } from '../../client/shortcuts.ts';
import { useQuery } from '../../client/use-query.ts';
import type { PartView } from '../../model/part.ts';
import type { RunView } from '../../model/run-view.ts';
import { Empty, Loading } from '../../parts/told.tsx';
import { printable } from '../../words/printable.ts';
import { choosePart } from './choose-part.ts';
import { LogView } from './log/log-view.tsx';
import { Overview } from './overview.tsx';
import { PartHeading } from './part-heading.tsx';
import { StepList } from './step-list.tsx';
import { TerminalDock } from './terminal/terminal-dock.tsx';
import type { TerminalPlace } from './terminal/terminal-place.ts';
import { WaitingButtons } from './waiting-buttons.tsx';
import { Websites } from './websites.tsx';

interface RunPaneProps {
  readonly job: Job;
  readonly run: JobRun;
  readonly feed: RunFeed;
}

/**
 * Everything that a run tells: its Layerfiles, and of the chosen one the steps and the log. The view is one object that changes: whoever
 * draws of it gets `version` as well, for a component whose properties are what they were may be left as it is.
 */
export function RunPane({ job, run, feed }: RunPaneProps) {
  const version = feed.version.value;
  const [query, change] = useQuery();
  const [terminal, setTerminal] = useState<TerminalPlace | null>(null);
  const [shownStep, setShownStep] = useState<{ readonly step: number } | null>(null);
  const kept = useRef<string | null>(null);
  const { view } = feed;
  const part = choosePart(view, query, kept.current);
  kept.current = part?.key ?? null;

  const choose = ({ layerfile, copy }: PartView): void => {
    setShownStep(null);
    if (window.location.hash !== '')
      history.replaceState(history.state, '', window.location.pathname + window.location.search);
    change({ layerfile, copy: copy === null ? null : String(copy) });
  };
  useShortcuts(partMoves(view.parts, part, choose));

  if (version === 0 || !feed.isCurrent.value) return <Loading />;
  const isLive = view.ended === null;
  if (part === null) return <NoLayerfiles isLive={isLive} reason={view.ended?.reason ?? null} />;
  const openTerminal = (step: number): void =>
    setTerminal({ layerfile: part.layerfile, copy: part.copy, name: part.name, step });
  return (
    <>
      <Warnings view={view} version={version} />
      <WaitingButtons job={job.id} view={view} version={version} isLast={run.number === job.runs} />
      <Websites job={job.id} isOver={run.endedAtMs !== null} />
      <Overview run={run} view={view} version={version} part={part} choose={choose} />
      <div class="detail">
        <section class="detail-steps" aria-label={`Steps of ${printable(part.name)}`}>
          <PartHeading part={part} version={version} run={run} />
          <StepList
            part={part}
            version={version}
            run={run}
            show={(step) => setShownStep({ step })}
            openTerminal={openTerminal}
          />
        </section>
        <LogView
          key={part.key}
          job={job.id}
          run={run.number}
          part={part}
          version={version}
          isLive={isLive}
          shownStep={shownStep}
        />
      </div>
      {terminal !== null && <TerminalDock job={job.id} place={terminal} close={() => setTerminal(null)} />}
    </>
  );
}

const MOST_WARNINGS = 20;

function NoLayerfiles({ isLive, reason }: { readonly isLive: boolean; readonly reason: string | null }) {
  if (isLive) return <Loading />;
  return <Empty title="No Layerfile was built.">{reason !== null && <p>{printable(reason)}</p>}</Empty>;
}

function Warnings({ view }: { readonly view: RunView; readonly version: number }) {
  const texts = view.warnings
    // A BUTTON has a place of its own on the page.
    .filter(({ layerfile, copy, step }) => view.part(layerfile, copy ?? null)?.step(step ?? 0)?.state !== 'waiting')
    .map(({ layerfile, text }) => printable(layerfile === '' ? text : `${layerfile}: ${text}`));
  if (texts.length === 0) return null;
  return (
    <ul class="warnings">
      {[...new Set(texts)].slice(0, MOST_WARNINGS).map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

function partMoves(
  parts: readonly PartView[],
  part: PartView | null,
  choose: (part: PartView) => void,
): Readonly<Record<string, () => void>> {
  const move = (by: number) => (): void => {
    const next = parts[parts.findIndex(({ key }) => key === part?.key) + by];
    if (next !== undefined) choose(next);
  };
  return { j: move(1), k: move(-1) };
}
