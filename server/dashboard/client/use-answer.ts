import { useCallback, useEffect, useState } from 'preact/hooks';

import { asFailure, getJson, type RequestFailure } from './request.ts';

export interface Answer<T> {
  /** The last good one; null before there is any. */
  readonly value: T | null;
  readonly failure: RequestFailure | null;
  readonly reload: () => void;
}

/** What GET `path` says, asked again every `everyMs` while the page is looked at. A new path forgets the old one's answer. */
export function useAnswer<T>(path: string | null, everyMs?: number): Answer<T> {
  const [answer, setAnswer] = useState<{
    readonly path: string | null;
    readonly value: T | null;
    readonly failure: RequestFailure | null;
  }>({ path, value: null, failure: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return undefined;
    const aborter = new AbortController();
    getJson<T>(path, aborter.signal).then(
      (value) => setAnswer({ path, value, failure: null }),
      (error: unknown) => {
        if (aborter.signal.aborted) return;
        setAnswer((before) => ({ path, value: before.path === path ? before.value : null, failure: asFailure(error) }));
      },
    );
    return () => aborter.abort();
  }, [path, round]);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const isCurrent = answer.path === path;
  return { value: isCurrent ? answer.value : null, failure: isCurrent ? answer.failure : null, reload };
}
