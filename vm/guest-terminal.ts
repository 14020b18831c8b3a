import type { ClientChannel, PseudoTtyOptions } from 'ssh2';

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal of the host that a command in the guest is to have as its own. */
export interface GuestTerminal {
  /** What TERM says: `xterm-256color`. */
  readonly type: string;
  size(): TerminalSize;
  /** Calls `listener` whenever the size has changed, until disposed. */
  onResize(listener: () => void): Disposable;
}

export function ptyOptions(terminal: GuestTerminal): PseudoTtyOptions {
  const { columns, rows } = terminal.size();
  return { term: terminal.type, cols: columns, rows, width: 0, height: 0 };
}

/** Tells the guest each new size, until the channel is closed. */
export function followSize(terminal: GuestTerminal, channel: ClientChannel): void {
  const tell = (): void => {
    const { columns, rows } = terminal.size();
    if (channel.writable) channel.setWindow(rows, columns, 0, 0);
  };
  const following = terminal.onResize(tell);
  channel.once('close', () => following[Symbol.dispose]());
  // It may have changed since the channel was asked for.
  tell();
}
