import { useEffect, useRef, useState } from 'preact/hooks';

import { Button, IconButton } from '../../../parts/button.tsx';
import { printable } from '../../../words/printable.ts';
import { DockEdge } from './dock-edge.tsx';
import type { TerminalPlace, TerminalState } from './terminal-place.ts';

interface TerminalDockProps {
  readonly job: number;
  readonly place: TerminalPlace;
  readonly close: () => void;
}

const FIRST_HEIGHT = 320;

/** A terminal in a fork of a machine, at the lower edge of the window. Nothing done in it is kept. */
export function TerminalDock({ job, place, close }: TerminalDockProps) {
  const [height, setHeight] = useState(FIRST_HEIGHT);
  const [state, setState] = useState<TerminalState>({ kind: 'connecting' });
  const [round, setRound] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const aborter = new AbortController();
    setState({ kind: 'connecting' });
    // xterm.js is a quarter of a megabyte: it comes when somebody wants it.
    void import('./terminal-session.ts').then(({ openTerminal }) => {
      if (!aborter.signal.aborted && box.current !== null)
        openTerminal(box.current, job, place, setState, aborter.signal);
    });
    return () => aborter.abort();
  }, [job, place, round]);
  useEffect(() => {
    document.documentElement.style.setProperty('--dock', `${height}px`);
    return () => void document.documentElement.style.removeProperty('--dock');
  }, [height]);
  const where = `${printable(place.name)}${place.copy === null ? '' : ` copy ${place.copy}`}, after step ${place.step}`;
  return (
    <section class="dock" aria-label={`Terminal: ${where}`} style={{ height: `${height}px` }}>
      <DockEdge height={height} change={setHeight} />
      <header class="dock-header">
        <strong>{where}</strong>
        <span class={`dock-state dock-${state.kind}`} role="status">
          {stateWords(state)}
        </span>
        {state.kind === 'ended' && (
          <Button icon="retry" act={() => setRound(round + 1)}>
            Open again
          </Button>
        )}
        <IconButton icon="close" label="Close the terminal" act={close} />
      </header>
      <div class="dock-screen" ref={box} />
    </section>
  );
}

function stateWords(state: TerminalState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Restoring the machine…';
    case 'chosen':
      return `Restoring the machine after step ${state.step}…`;
    case 'ready':
      return 'Nothing done here is kept';
    case 'waiting':
    case 'ended':
      return printable(state.message);
  }
}
