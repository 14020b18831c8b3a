import { type MutableRef, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Nearer to the end than this counts as there. */
const NEAR_END = 30;

interface Follow {
  readonly isFollowing: boolean;
  /** Goes to the end, and stays there as it moves. */
  readonly follow: () => void;
  readonly stop: () => void;
}

/** Stays at the end of what grows, until somebody scrolls away from it; and again when they are back. */
export function useFollow(scroller: MutableRef<HTMLElement | null>, startsFollowing: boolean): Follow {
  const [isFollowing, setFollowing] = useState(startsFollowing);
  const follows = useRef(startsFollowing);
  const lastTop = useRef(0);
  const set = useCallback((value: boolean) => {
    follows.current = value;
    setFollowing(value);
  }, []);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const scrolled = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
      // Text that has just come has moved the end away; only who scrolls up goes away from it.
      if (isAtEnd) set(true);
      else if (scrollTop < lastTop.current - 1) set(false);
      lastTop.current = scrollTop;
    };
    // Before the virtual rows hear of it and draw: drawing goes to the end again.
    element.addEventListener('scroll', scrolled, { passive: true, capture: true });
    return () => element.removeEventListener('scroll', scrolled, { capture: true });
  }, []);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!follows.current || element === null) return;
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
  });
  const follow = useCallback(() => {
    set(true);
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);
  const stop = useCallback(() => set(false), []);
  return { isFollowing, follow, stop };
}
