import { useLocation, useSearch } from 'wouter-preact';

type Change = (changes: Readonly<Record<string, string | null>>, options?: { readonly push?: boolean }) => void;

/** The address's query. A change keeps the rest of it and replaces the address, unless it is to be a step of its own to go back over. */
export function useQuery(): readonly [URLSearchParams, Change] {
  const query = new URLSearchParams(useSearch());
  const [location, navigate] = useLocation();
  const change: Change = (changes, { push = false } = {}) => {
    const next = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
    }
    const text = next.toString();
    navigate(text === '' ? location : `${location}?${text}`, { replace: !push });
  };
  return [query, change];
}
