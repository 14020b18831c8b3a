import { dismiss, notices } from '../client/notices.ts';
import { IconButton } from './button.tsx';

/** A live region: what appears in it is read out. */
export function NoticeArea() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, kind, text }) => (
        <div key={id} class={`notice notice-${kind}`}>
          <span>{text}</span>
          <IconButton icon="close" label="Dismiss" act={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
