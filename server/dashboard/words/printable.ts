/** C0 and C1 controls, and the marks that reorder text: a branch name may hold either. */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Somebody else's text, harmless beside ours. Markup in it stays text anyway: nothing here is ever made into HTML. */
export function printable(text: string): string {
  return text.replace(CONTROLS, '');
}

/** Of an instruction with a here-document, the first line. */
export function instructionLine(instruction: string): string {
  const [first = '', ...others] = instruction.split('\n');
  return `${printable(first)}${others.length === 0 ? '' : ' …'}`;
}
