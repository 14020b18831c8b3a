import '@xterm/xterm/css/xterm.css';

import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';

import { notify } from '../../../client/notices.ts';
import { printable } from '../../../words/printable.ts';
import { strictDocument, withStrictElements } from './strict-document.ts';
import { watchColours } from './terminal-colours.ts';
import type { TerminalPlace, TerminalState } from './terminal-place.ts';

/** What the server says in text frames; binary ones are what the guest prints. */
type FromServer =
  | { readonly type: 'waiting'; readonly message: string }
  | { readonly type: 'state'; readonly step: { readonly number: number } }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'ready' }
  | {
      readonly type: 'ended';
      readonly exitCode?: number | null;
      readonly message?: string;
      readonly hint?: string | null;
    };

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
    case 'waiting':
      tell({ kind: 'waiting', message: message.message });
      break;
    case 'state':
      tell({ kind: 'chosen', step: message.step.number });
      break;
    case 'warning':
      notify('failed', printable(message.message));
      break;
    case 'ready':
      tell({ kind: 'ready' });
      break;
    case 'ended':
      end(endText(message));
  }
}

function endText({ message, hint, exitCode }: Extract<FromServer, { readonly type: 'ended' }>): string {
  if (message !== undefined) return hint == null ? message : `${message} ${hint}`;
  return exitCode == null ? 'The shell has ended.' : `The shell has ended (exit code ${exitCode}).`;
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
