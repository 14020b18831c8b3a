const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What an interrupted command ends with (cli.md), whichever signal it was. */
export const INTERRUPTED_EXIT_CODE = 130;

/** Why a run was aborted: somebody asked, by a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(signalName: NodeJS.Signals) {
    super(`Interrupted by ${signalName}`);
  }
}

export interface SignalWatch extends Disposable {
  /** Aborted, with an {@link Interrupted} as its reason, by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** From now on signals abort nothing and end nothing: `receive` gets each of them. */
  passTo(receive: (signalName: NodeJS.Signals) => void): void;
}

/**
 * Until disposed, the first signal asks: it aborts, and whoever runs machines ends them. A second SIGINT ends this process
 * at once, and the kernel ends the machines with it. Other signals are not counted as a second one: a closing terminal or
 * a supervisor sends several for one wish.
 */
export function watchSignals(): SignalWatch {
  const controller = new AbortController();
  let receiver: ((signalName: NodeJS.Signals) => void) | null = null;
  const onSignal = (signalName: NodeJS.Signals): void => {
    if (receiver !== null) {
      receiver(signalName);
      return;
    }
    if (controller.signal.aborted && signalName === 'SIGINT') process.exit(INTERRUPTED_EXIT_CODE);
    controller.abort(new Interrupted(signalName));
  };
  for (const signalName of SIGNALS) process.on(signalName, onSignal);
  return {
    signal: controller.signal,
    passTo(receive) {
      receiver = receive;
    },
    [Symbol.dispose]() {
      for (const signalName of SIGNALS) process.off(signalName, onSignal);
    },
  };
}

/** Calls `listener` whenever the terminal's window has another size, until disposed. */
export function onWindowChange(listener: () => void): Disposable {
  process.on('SIGWINCH', listener);
  return { [Symbol.dispose]: () => void process.off('SIGWINCH', listener) };
}
