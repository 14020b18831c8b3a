const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 .8v1.7M8 13.5v1.7M.8 8h1.7M13.5 8h1.7M2.9 2.9l1.2 1.2M11.9 11.9l1.2 1.2M2.9 13.1l1.2-1.2M11.9 4.1l1.2-1.2',
  moon: 'M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1z',
  system: 'M2 3h12v8H2zM5.5 14h5M8 11v3',
  help: 'M5.8 6a2.2 2.2 0 1 1 3.1 2c-.6.3-.9.7-.9 1.5M8 12v.3M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z',
  open: 'M9 2.5h4.5V7M13.2 2.8 7.5 8.5M6.5 3.5h-3v9h9v-3',
  terminal: 'M2 3h12v10H2zM4.5 6l2 2-2 2M8 10.5h3.5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  close: 'M4 4l8 8M12 4l-8 8',
  down: 'M8 3v9.5M4 8.7l4 4 4-4',
  up: 'M8 13V3.5M4 7.3l4-4 4 4',
  wrap: 'M2 4h12M2 8h9.5a2 2 0 0 1 0 4H8M9.7 10.2 8 12l1.7 1.8M2 12h3',
  retry: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V5H10',
  stop: 'M4 4h8v8H4z',
  plus: 'M8 3v10M3 8h10',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
