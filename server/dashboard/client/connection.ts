import { computed, signal } from '@preact/signals';

/** Streams that have lost the server, and try again. */
const lost = signal<ReadonlySet<object>>(new Set());

/** Whether what is shown may be out of date because the server cannot be reached. */
export const isConnectionLost = computed(() => lost.value.size > 0);

export function markLost(stream: object, isLost: boolean): void {
  if (lost.value.has(stream) === isLost) return;
  const next = new Set(lost.value);
  if (isLost) next.add(stream);
  else next.delete(stream);
  lost.value = next;
}
