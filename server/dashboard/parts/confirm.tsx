import { useState } from 'preact/hooks';

import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

interface ConfirmProps {
  /** On the button, and on the one that does it. */
  readonly label: string;
  readonly question: string;
  readonly act: () => Promise<void>;
}

/** A button for what cannot be undone: it asks first. */
export function ConfirmButton({ label, question, act }: ConfirmProps) {
  const [isOpen, setOpen] = useState(false);
  const doIt = async (): Promise<void> => {
    await act();
    setOpen(false);
  };
  return (
    <>
      <Button kind="quiet" act={() => setOpen(true)}>
        {label}
      </Button>
      {isOpen && (
        <Dialog title={label} close={() => setOpen(false)}>
          <p>{question}</p>
          <div class="dialog-actions">
            <Button act={() => setOpen(false)}>Keep it</Button>
            <Button kind="danger" act={doIt}>
              {label}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
