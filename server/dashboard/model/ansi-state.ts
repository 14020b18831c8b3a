const STYLES = /\u001b\[([\d;]*)m/g;
const LONGEST_STYLE = 200;

/** The escape sequences in force after `text`, where `style` were before. Only colours and the like: cursors are not moved. */
export function nextStyle(style: string, text: string): string {
  if (!text.includes('\u001b')) return style;
  let now = style;
  for (const [sequence, codes = ''] of text.matchAll(STYLES)) {
    if (/^(0*)(;0*)*$/.test(codes)) now = '';
    else now = /^0+;/.test(codes) ? sequence : now + sequence;
  }
  return now.length > LONGEST_STYLE ? '' : now;
}

/** Operating system commands (titles, links), string sequences, and whatever control sequence is no colour. */
const OTHER_SEQUENCES =
  /\u001b(?:[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\[[\d;?<=>!]*[ -/]*[@-ln-~]|[()*+][0-9A-Za-z]|[=>78cDEHMNOZ])/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line with nothing in it but text and colours. Of one that was overwritten with carriage returns the last version. */
export function colouredText(text: string): string {
  const returned = text.replace(/\r+$/, '');
  const last = returned.slice(returned.lastIndexOf('\r') + 1);
  return last.replace(OTHER_SEQUENCES, '').replace(CONTROLS, '');
}

/** The text alone. */
export function plainText(text: string): string {
  return colouredText(text)
    .replace(STYLES, '')
    .replace(/\u001b/g, '');
}
