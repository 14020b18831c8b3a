import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { IconButton } from './button.tsx';

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly close: () => void;
}

/** The browser's own: it keeps the keyboard inside, closes with Escape, and gives the focus back. */
export function Dialog({ title, children, close }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  const clickBeside = (event: MouseEvent): void => {
    if (event.target === element.current) close();
  };
  return (
    <dialog ref={element} class="dialog" aria-label={title} onClose={close} onClick={clickBeside}>
      <div class="dialog-body">
        <header class="dialog-header">
          <h2>{title}</h2>
          <IconButton icon="close" label="Close" act={close} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
