import { Link, useLocation } from 'wouter-preact';

import { isConnectionLost } from '../client/connection.ts';
import { logOut } from '../client/log-in.ts';
import { isAdmin, session } from '../client/session.ts';
import { type Theme, theme } from '../client/theme.ts';
import { IconButton } from './button.tsx';
import type { IconName } from './icon.tsx';

const PLACES: readonly (readonly [href: string, name: string])[] = [
  ['/', 'Jobs'],
  ['/machines', 'Machines'],
  ['/history', 'History'],
  ['/repositories', 'Repositories'],
];

export function Header({ openHelp }: { readonly openHelp: () => void }) {
  const [location] = useLocation();
  const places = isAdmin.value ? [...PLACES, ['/tokens', 'Tokens'] as const] : PLACES;
  return (
    <header class="top">
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Link href="/" class="wordmark" aria-label="Layer: jobs">
        <Wordmark />
        <span>Layer</span>
      </Link>
      <nav class="places" aria-label="Pages">
        {places.map(([href, name]) => (
          <Link key={href} href={href} class="place" aria-current={isCurrent(href, location) ? 'page' : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <ConnectionNotice />
      <div class="top-tools">
        <ThemeButton />
        <IconButton icon="help" label="Help and keyboard shortcuts (?)" act={openHelp} />
        <button
          type="button"
          class="button button-quiet log-out"
          title={`You are ${session.value?.name ?? ''}`}
          onClick={() => void logOut()}
        >
          Log out
        </button>
      </div>
    </header>
  );
}

function Wordmark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <path d="M16 4 28 10.5 16 17 4 10.5z" class="sheet sheet-full" />
      <path d="M4 16.5 16 23l12-6.5M4 22.5 16 29l12-6.5" class="sheet" />
    </svg>
  );
}

function isCurrent(href: string, location: string): boolean {
  return href === '/' ? location === '/' || location.startsWith('/jobs') : location.startsWith(href);
}

/** Always there, so that nothing moves when it has something to say. */
function ConnectionNotice() {
  return (
    <div class="connection" role="status">
      {isConnectionLost.value && <span class="connection-lost">Connection lost, trying again…</span>}
    </div>
  );
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'system', light: 'sun', dark: 'moon' };
const THEME_NAMES: Readonly<Record<Theme, string>> = { system: 'as the system has them', light: 'light', dark: 'dark' };

function ThemeButton() {
  const { value } = theme;
  const label = `Colours: ${THEME_NAMES[value]}. Change to ${THEME_NAMES[NEXT_THEME[value]]}`;
  return <IconButton icon={THEME_ICONS[value]} label={label} act={() => (theme.value = NEXT_THEME[value])} />;
}
