import { useEffect } from 'preact/hooks';

type Shortcuts = Readonly<Partial<Record<string, (event: KeyboardEvent) => void>>>;

/** Keys without modifiers, while this is on the page and nobody types. */
export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const act = shortcuts[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  });
}

/** A dialog that is open has the keyboard for itself. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], .xterm, dialog[open]') !== null
  );
}
