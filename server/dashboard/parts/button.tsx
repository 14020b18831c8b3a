import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { notifyFailure } from '../client/notices.ts';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps {
  readonly children: ComponentChildren;
  /** What goes wrong in it is told as a notice. */
  readonly act: () => void | Promise<void>;
  readonly kind?: 'plain' | 'main' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly title?: string;
  readonly disabled?: boolean;
}

/** While what it does is under way it cannot be pressed again. */
export function Button({ children, act, kind = 'plain', icon, title, disabled = false }: ButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const press = async (): Promise<void> => {
    setBusy(true);
    try {
      await act();
    } catch (error) {
      notifyFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type="button"
      class={`button button-${kind}`}
      title={title}
      disabled={disabled || isBusy}
      onClick={() => void press()}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** For its title and for screen readers. */
  readonly label: string;
  readonly act: () => void;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

export function IconButton({ icon, label, act, pressed, disabled = false }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={act}
    >
      <Icon name={icon} />
    </button>
  );
}
