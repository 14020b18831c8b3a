import { useEffect, useState } from 'preact/hooks';

/** `#L120` names a line. */
function lineOfHash(hash: string): number | null {
  const digits = /^#L(\d{1,9})$/.exec(hash)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The line that the address names, and how to name another. */
export function useLineLink(): readonly [number | null, (line: number) => void] {
  const [line, setLine] = useState(() => lineOfHash(window.location.hash));
  useEffect(() => {
    const changed = (): void => setLine(lineOfHash(window.location.hash));
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  const choose = (chosen: number): void => {
    history.replaceState(history.state, '', `${window.location.pathname}${window.location.search}#L${chosen}`);
    setLine(chosen);
  };
  return [line, choose];
}
