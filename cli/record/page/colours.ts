/** Of one scheme, as `#rrggbb`. `colours.test.ts` holds them to WCAG 2.2 AA. */
export interface Colours {
  readonly page: string;
  /** Behind what is set apart: boxes, tips, output. */
  readonly panel: string;
  readonly line: string;
  /** Of arrows: a line that one must see. */
  readonly edge: string;
  readonly text: string;
  readonly quiet: string;
  readonly link: string;
  /** As text, and as a bar that has {@link onBar} in it. */
  readonly restored: string;
  readonly ran: string;
  readonly failed: string;
  readonly cancelled: string;
  readonly skipped: string;
  /** Bars: restoring, booting, fetching; waiting; saving; being there. */
  readonly busy: string;
  readonly wait: string;
  readonly save: string;
  readonly machine: string;
  readonly onBar: string;
}

export const LIGHT: Colours = {
  page: '#ffffff',
  panel: '#f5f6f8',
  line: '#dde1e6',
  edge: '#8a94a0',
  text: '#1b2026',
  quiet: '#59626d',
  link: '#0b57c9',
  restored: '#0b6a86',
  ran: '#1b7340',
  failed: '#bd2130',
  cancelled: '#8a5a00',
  skipped: '#626b76',
  busy: '#5b68b0',
  wait: '#7a8490',
  save: '#0d4526',
  machine: '#8a94a0',
  onBar: '#ffffff',
};

export const DARK: Colours = {
  page: '#12151a',
  panel: '#1a1e25',
  line: '#2d343d',
  edge: '#69737f',
  text: '#e4e8ed',
  quiet: '#9aa5b1',
  link: '#7ab4ff',
  restored: '#63bedb',
  ran: '#62c389',
  failed: '#ff8785',
  cancelled: '#e3b04d',
  skipped: '#98a3af',
  busy: '#97a3ee',
  wait: '#77828e',
  save: '#c5f0d5',
  machine: '#69737f',
  onBar: '#0d1013',
};
