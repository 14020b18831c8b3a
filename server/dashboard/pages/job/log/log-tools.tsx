import { useRef } from 'preact/hooks';

import { useShortcuts } from '../../../client/shortcuts.ts';
import { IconButton } from '../../../parts/button.tsx';
import { Icon } from '../../../parts/icon.tsx';
import type { LogSearch } from './use-log-search.ts';

interface LogToolsProps {
  readonly search: LogSearch;
  readonly isWrapped: boolean;
  readonly wrap: (isWrapped: boolean) => void;
  readonly copy: () => void;
  /** Address of the log as plain text. */
  readonly rawHref: string;
}

export function LogTools({ search, isWrapped, wrap, copy, rawHref }: LogToolsProps) {
  const field = useRef<HTMLInputElement>(null);
  const { needle, setNeedle, matches, current, move } = search;
  useShortcuts({ '/': () => field.current?.focus(), n: () => move(1), p: () => move(-1) });
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') move(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') {
      setNeedle('');
      field.current?.blur();
    }
  };
  return (
    <div class="log-tools">
      <div class="field-with-icon">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          aria-label="Search this log"
          placeholder="Search this log"
          spellcheck={false}
          value={needle}
          onInput={(event) => setNeedle(event.currentTarget.value)}
          onKeyDown={keyDown}
        />
      </div>
      <span class="log-matches numbers" role="status">
        {needle === '' ? '' : `${matches.length === 0 ? 0 : current + 1} of ${matches.length}`}
      </span>
      <IconButton icon="up" label="Match before (p)" disabled={matches.length === 0} act={() => move(-1)} />
      <IconButton icon="down" label="Next match (n)" disabled={matches.length === 0} act={() => move(1)} />
      <span class="log-tools-gap" />
      <IconButton icon="wrap" label="Wrap long lines" pressed={isWrapped} act={() => wrap(!isWrapped)} />
      <IconButton icon="copy" label="Copy this log" act={copy} />
      <a
        class="icon-button"
        href={rawHref}
        target="_blank"
        rel="noopener"
        title="This log as plain text"
        aria-label="This log as plain text"
      >
        <Icon name="open" />
      </a>
    </div>
  );
}
