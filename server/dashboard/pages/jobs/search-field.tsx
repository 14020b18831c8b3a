import { useEffect, useRef, useState } from 'preact/hooks';

import { useShortcuts } from '../../client/shortcuts.ts';
import { Icon } from '../../parts/icon.tsx';

/** So long after the last key the search begins. */
const REST_MS = 250;

const STATES = ['running', 'queued', 'failed', 'done', 'cancelled'] as const;

interface SearchFieldProps {
  readonly value: string;
  readonly change: (text: string) => void;
}

export function SearchField({ value, change }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => change(text.trim()), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useShortcuts({ '/': () => field.current?.focus() });
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') change(text.trim());
    if (event.key === 'Escape') field.current?.blur();
  };
  return (
    <search class="search">
      <div class="field-with-icon">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          aria-label="Search jobs"
          placeholder="Search: repo:shop status:failed -branch:main"
          spellcheck={false}
          maxLength={500}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={keyDown}
        />
        <kbd>/</kbd>
      </div>
      <div class="chips" role="group" aria-label="Only jobs in a state">
        {STATES.map((state) => {
          const filter = `status:${state}`;
          const isOn = hasWord(value, filter);
          return (
            <button
              key={state}
              type="button"
              class="chip"
              aria-pressed={isOn}
              onClick={() => change(toggled(value, filter, isOn))}
            >
              {state}
            </button>
          );
        })}
      </div>
    </search>
  );
}

function hasWord(text: string, word: string): boolean {
  return text.split(/\s+/).includes(word);
}

/** One state at a time: a job has only one. */
function toggled(text: string, filter: string, isOn: boolean): string {
  const others = text.split(/\s+/).filter((word) => word !== '' && !word.startsWith('status:'));
  return (isOn ? others : [filter, ...others]).join(' ');
}
