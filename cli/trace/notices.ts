import type { EndedTrace } from '../../runner/index.ts';
import { exactPath } from './path-text.ts';

/** What people should know of a trace whatever its format: a line each, none of them where nothing happened. */
export function notices(trace: EndedTrace): readonly string[] {
  const { written, removed, leftBehind, changedDuringRun, trouble } = trace;
  return [
    ...(written + removed === 0 ? [] : [droppedText(written, removed)]),
    ...(leftBehind === 0
      ? []
      : [`${counted(leftBehind, 'process', 'processes')} that it left running ${were(leftBehind)} ended`]),
    ...(changedDuringRun.length === 0 ? [] : [changedText(changedDuringRun)]),
    ...(trouble === null ? [] : [`not all of it could be traced: ${trouble}`]),
  ];
}

function droppedText(written: number, removed: number): string {
  const what = [
    ...(written === 0 ? [] : [`wrote ${counted(written, 'file')}`]),
    ...(removed === 0 ? [] : [`removed ${counted(removed, 'name')}`]),
  ];
  return `it ${what.join(' and ')} in the workspace: dropped, nothing there has changed`;
}

function changedText([first = '', ...others]: readonly string[]): string {
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${exactPath(first)}${more} changed while it ran: told is what was there first`;
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were';
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
