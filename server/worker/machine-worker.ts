import type { MachineSlots, Slot } from '../../runner/index.ts';
import type { Job } from '../jobs/job.ts';
import type { FromWorker, TerminalWork, WebsiteWork, Work, WorkPlace } from './messages.ts';
import { startWorker, type Worker, type WorkerOptions } from './worker-process.ts';

export type WorkOptions = Pick<WorkerOptions, 'onMessage' | 'signal'>;

/** What somebody wants of what a job left; what its run was given, follows from the job. */
export type PersonWork = Omit<TerminalWork, 'facts'> | Omit<WebsiteWork, 'facts'>;
export type StartWork = (job: Job, work: PersonWork, options: WorkOptions) => Worker;

export interface MachineWorkerOptions extends WorkerOptions {
  readonly slots: MachineSlots;
  /** As of `SlotWish`: somebody who waits at a screen comes before jobs. */
  readonly priority: number | readonly number[];
}

/** A worker whose wishes for machines are granted from `slots`, each in its turn; what it has not given back at its end goes back then. */
export function startMachineWorker(place: WorkPlace, work: Work, options: MachineWorkerOptions): Worker {
  const { slots, priority, onMessage, ...rest } = options;
  const wishes = new Map<number, GrantedWish>();
  const giveBack = (wish: number): void => {
    wishes.get(wish)?.giveBack();
    wishes.delete(wish);
  };
  const worker = startWorker(place, work, {
    ...rest,
    onMessage: (message) => {
      if (message.type === 'wish') wishes.set(message.wish, new GrantedWish(message, { slots, priority, worker }));
      if (message.type === 'returned') giveBack(message.wish);
      onMessage(message);
    },
  });
  void worker.ended.then(() => {
    for (const wish of wishes.keys()) giveBack(wish);
  });
  return worker;
}

type Wish = Extract<FromWorker, { readonly type: 'wish' }>;

interface Granting extends Pick<MachineWorkerOptions, 'slots' | 'priority'> {
  readonly worker: Worker;
}

/** A wish in the queue, or with its machine. */
class GrantedWish {
  readonly #leave = new AbortController();
  readonly #slot: Promise<Slot>;

  constructor({ wish, memoryMib }: Wish, { slots, priority, worker }: Granting) {
    const onWait = (): void => worker.send({ type: 'queued', wish });
    this.#slot = slots.take({ memoryMib, priority, signal: this.#leave.signal, onWait });
    this.#slot.then(
      () => worker.send({ type: 'granted', wish }),
      () => undefined,
    );
  }

  giveBack(): void {
    this.#leave.abort(new Error('The machine is not wanted any more'));
    this.#slot.then(
      (slot) => slot[Symbol.dispose](),
      () => undefined,
    );
  }
}
