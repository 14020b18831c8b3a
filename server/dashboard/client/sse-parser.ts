/** One event of a stream of server-sent events (HTML Standard, 9.2). */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Makes events of text that comes in arbitrary pieces. The last id counts for all that follow it. */
export class SseParser {
  #rest = '';
  #id = '';
  #event = '';
  #data: string[] = [];

  push(text: string): readonly ServerEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#take(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #take(line: string): readonly ServerEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id') this.#id = value;
    return [];
  }

  #dispatch(): readonly ServerEvent[] {
    const [data, event] = [this.#data, this.#event];
    this.#data = [];
    this.#event = '';
    return data.length === 0 ? [] : [{ id: this.#id, event: event === '' ? 'message' : event, data: data.join('\n') }];
  }
}
