import { notify } from './notices.ts';

/** Browsers have a clipboard for pages of https and of this machine only; elsewhere the old way still works. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyBySelection(text)) {
      notify('failed', 'The browser does not let this page copy.');
      return;
    }
  }
  notify('done', `Copied ${what}.`);
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'off-screen';
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way without https.
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}
