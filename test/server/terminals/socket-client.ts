import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A WebSocket's client that is told when to read, as no library's can be: frames by hand (RFC 6455, 5.2). */
export class SocketClient implements Disposable {
  readonly socket: Socket;
  readonly texts: Record<string, unknown>[] = [];
  /** Of binary frames. */
  bytes = 0;
  readonly #printed: Buffer[] = [];
  close: { readonly code: number; readonly reason: string } | null = null;
  pings = 0;
  #rest = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
  }

  static async open(port: number, { answersPings = true } = {}): Promise<SocketClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new SocketClient(socket);
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    const end = head.indexOf('\r\n\r\n') + 4;
    client.#take(head.subarray(end), answersPings);
    socket.on('data', (data: Buffer) => client.#take(data, answersPings));
    return client;
  }

  get printed(): string {
    return Buffer.concat(this.#printed).toString();
  }

  type(bytes: Buffer | string): void {
    this.#send(2, Buffer.from(bytes));
  }

  control(message: unknown): void {
    this.#send(1, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
  }

  #send(opcode: number, payload: Buffer): void {
    const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.alloc(9);
    if (payload.length >= 126) {
      length[0] = 0x80 | 127;
      length.writeBigUInt64BE(BigInt(payload.length), 1);
    }
    // A mask of zeros changes nothing.
    this.socket.write(Buffer.concat([Buffer.from([0x80 | opcode]), length, Buffer.alloc(4), payload]));
  }

  #take(data: Buffer, answersPings: boolean): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (let frame = this.#frame(); frame !== null; frame = this.#frame()) {
      const [opcode, payload] = frame;
      if (opcode === 1) this.texts.push(JSON.parse(payload.toString()) as Record<string, unknown>);
      if (opcode === 2) this.#print(payload);
      if (opcode === 8) this.close = { code: payload.readUInt16BE(), reason: payload.toString('utf8', 2) };
      if (opcode === 8) this.#send(8, payload);
      if (opcode === 9) this.pings += 1;
      if (opcode === 9 && answersPings) this.#send(10, payload);
    }
  }

  #print(payload: Buffer): void {
    this.bytes += payload.length;
    if (this.bytes < 1 << 16) this.#printed.push(payload);
  }

  #frame(): readonly [number, Buffer] | null {
    if (this.#rest.length < 2) return null;
    const short = this.#rest[1]! & 0x7f;
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (this.#rest.length < headBytes) return null;
    const length =
      short === 126 ? this.#rest.readUInt16BE(2) : short === 127 ? Number(this.#rest.readBigUInt64BE(2)) : short;
    if (this.#rest.length < headBytes + length) return null;
    const frame = [this.#rest[0]! & 0x0f, this.#rest.subarray(headBytes, headBytes + length)] as const;
    this.#rest = this.#rest.subarray(headBytes + length);
    return frame;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
