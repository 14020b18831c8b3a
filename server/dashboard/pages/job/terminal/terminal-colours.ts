import { effect } from '@preact/signals';
import type { ITheme, Terminal } from '@xterm/xterm';

import { isDark } from '../../../client/theme.ts';

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1b2026',
  cursor: '#1b2026',
  cursorAccent: '#ffffff',
  selectionBackground: '#0b57c940',
  black: '#1b2026',
  red: '#bd2130',
  green: '#1b7340',
  yellow: '#8a5a00',
  blue: '#0b57c9',
  magenta: '#8b3fa8',
  cyan: '#0b6a86',
  white: '#59626d',
  brightBlack: '#626b76',
  brightRed: '#d13242',
  brightGreen: '#1f8a4c',
  brightYellow: '#9c6a08',
  brightBlue: '#2b6fd8',
  brightMagenta: '#a04fc0',
  brightCyan: '#137f9f',
  brightWhite: '#1b2026',
};

const DARK: ITheme = {
  background: '#0d1013',
  foreground: '#e4e8ed',
  cursor: '#e4e8ed',
  cursorAccent: '#0d1013',
  selectionBackground: '#7ab4ff50',
  black: '#2d343d',
  red: '#ff8785',
  green: '#62c389',
  yellow: '#e3b04d',
  blue: '#7ab4ff',
  magenta: '#d49bf0',
  cyan: '#63bedb',
  white: '#e4e8ed',
  brightBlack: '#77828e',
  brightRed: '#ffa5a3',
  brightGreen: '#85d8a5',
  brightYellow: '#f0c671',
  brightBlue: '#9cc8ff',
  brightMagenta: '#e2b8f7',
  brightCyan: '#8ad2e8',
  brightWhite: '#ffffff',
};

/** The terminal's colours follow the page's. */
export function watchColours(terminal: Terminal, signal: AbortSignal): void {
  const set = (): void => {
    terminal.options.theme = isDark() ? DARK : LIGHT;
  };
  signal.addEventListener('abort', effect(set));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', set, { signal });
}
