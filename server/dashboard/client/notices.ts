import { signal } from '@preact/signals';

import { asFailure } from './request.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: string;
}

const SHOWN_MS = { done: 4000, failed: 12_000 } as const;

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

/** Says something for a while, to screen readers too. */
export function notify(kind: Notice['kind'], text: string): void {
  const id = ++lastId;
  notices.value = [...notices.value.slice(-3), { id, kind, text }];
  setTimeout(() => dismiss(id), SHOWN_MS[kind]);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export function notifyFailure(error: unknown): void {
  const { message, hint } = asFailure(error);
  notify('failed', hint === null ? message : `${message} ${hint}`);
}
