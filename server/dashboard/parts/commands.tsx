import { copyText } from '../client/copy.ts';
import { IconButton } from './button.tsx';

/** Lines to type in a shell. */
export function Commands({ lines }: { readonly lines: readonly string[] }) {
  const text = lines.join('\n');
  return (
    <div class="commands">
      <pre>
        <code>{text}</code>
      </pre>
      <IconButton icon="copy" label="Copy these lines" act={() => void copyText(text, 'the lines')} />
    </div>
  );
}
