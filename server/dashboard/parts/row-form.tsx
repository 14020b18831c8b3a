import type { ComponentChildren } from 'preact';

import { notifyFailure } from '../client/notices.ts';

interface RowFormProps {
  /** Does what the form is for. Where it throws, that is told, and what was typed stays. */
  readonly act: () => Promise<void>;
  readonly children: ComponentChildren;
}

/** A form in one line. */
export function RowForm({ act, children }: RowFormProps) {
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await act();
    } catch (error) {
      notifyFailure(error);
    }
  };
  return (
    <form class="row-form" onSubmit={(event) => void submit(event)}>
      {children}
    </form>
  );
}
