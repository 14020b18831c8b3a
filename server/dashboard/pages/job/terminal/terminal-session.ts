import '@xterm/xterm/css/xterm.css';

import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';

import { strictDocument, withStrictElements } from './strict-document.ts';
import { watchColours } from './terminal-colours.ts';
import type { TerminalPlace, TerminalState } from './terminal-place.ts';

/** What the server says in text frames; binary ones are what the guest prints. */
type FromServer =
  | { readonly type: 'state'; readonly state: { readonly step: { readonly number: number } } }
  | { readonly type: 'ready' }
  | { readonly type: 'ended'; readonly exitCode?: number | null; readonly message?: string };

/** Opens a terminal in `box`, and ends it with the signal. */
export function openTerminal(
  box: HTMLElement,
  job: number,
  place: TerminalPlace,
  tell: (state: TerminalState) => void,
  signal: AbortSignal,
): void {
  const terminal = new Terminal({
    documentOverride: strictDocument(),
    fontFamily: getComputedStyle(box).fontFamily,
    fontSize: 13,
    scrollback: 5000,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    screenReaderMode: false,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withStrictElements(() => terminal.open(box));
  watchColours(terminal, signal);
  fit.fit();
  const socket = connect(terminal, job, place, tell, signal);
  const watcher = new ResizeObserver(() => fit.fit());
  watcher.observe(box);
  terminal.focus();
  signal.addEventListener('abort', () => {
    watcher.disconnect();
    socket.close();
    terminal.dispose();
    box.replaceChildren();
  });
}

function connect(
  terminal: Terminal,
  job: number,
  place: TerminalPlace,
  tell: (state: TerminalState) => void,
  signal: AbortSignal,
): WebSocket {
  const socket = new WebSocket(addressOf(terminal, job, place));
  socket.binaryType = 'arraybuffer';
  const encoder = new TextEncoder();
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  terminal.onData((text) => {
    if (isOpen()) socket.send(encoder.encode(text));
  });
  terminal.onBinary((text) => {
    if (isOpen()) socket.send(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  });
  terminal.onResize(({ cols: columns, rows }) => {
    if (isOpen()) socket.send(JSON.stringify({ type: 'resize', columns, rows }));
  });
  let hasEnded = false;
  const end = (message: string): void => {
    if (hasEnded || signal.aborted) return;
    hasEnded = true;
    terminal.options.disableStdin = true;
    tell({ kind: 'ended', message });
  };
  socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === 'string') take(JSON.parse(data) as FromServer, tell, end);
    else terminal.write(new Uint8Array(data));
  });
  socket.addEventListener('close', ({ reason }) => end(reason === '' ? 'The connection has ended.' : reason));
  return socket;
}

function take(message: FromServer, tell: (state: TerminalState) => void, end: (message: string) => void): void {
  switch (message.type) {
    case 'state':
      tell({ kind: 'chosen', step: message.state.step.number });
      break;
    case 'ready':
      tell({ kind: 'ready' });
      break;
    case 'ended':
      end(message.message ?? `The shell has ended (exit code ${message.exitCode ?? 'unknown'}).`);
  }
}

function addressOf({ cols, rows }: Terminal, job: number, { layerfile, copy, step }: TerminalPlace): string {
  const query = new URLSearchParams({
    layerfile,
    step: copy === null ? String(step) : `${step}#${copy}`,
    columns: String(cols),
    rows: String(rows),
  });
  const { protocol, host } = window.location;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/api/jobs/${job}/terminal?${query.toString()}`;
}
