import { computed, signal } from '@preact/signals';

import type { Session } from '../../api/schemas/index.ts';

/** Who is logged in; null: nobody; undefined: not known yet. */
export const session = signal<Session | null | undefined>(undefined);

/** Whether a session that was there has ended by itself. */
export const hasExpired = signal(false);

export const isMember = computed(() => session.value?.role === 'member' || session.value?.role === 'admin');
export const isAdmin = computed(() => session.value?.role === 'admin');

export function csrfToken(): string {
  return session.peek()?.csrf ?? '';
}

/** The server does not know us any more: ask for the token again. */
export function expireSession(): void {
  if (session.peek() !== null && session.peek() !== undefined) hasExpired.value = true;
  session.value = null;
}
