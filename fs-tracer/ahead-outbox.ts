import type { Credit } from './ahead-credit.ts';
import type { FolderInOrder } from './ahead-folders.ts';
import { type AheadItem, decodeNotes, encodeAhead } from './ahead-messages.ts';
import { MAX_MESSAGE_BYTES, OPCODES } from './fuse-protocol.ts';
import type { NodeRecord } from './node-table.ts';
import type { SentObservation } from './observation-log.ts';

/** More than the guest keeps, so that whatever it notes is known here. */
const REMEMBERED_ITEMS = 16_384;

/** What the guest learns from an item when it is used. */
export interface SentAhead extends SentObservation {
  readonly credit: Credit;
  readonly folder: FolderInOrder | null;
  readonly contentBytes: number;
}

/** What is to be sent without being asked. */
export interface AheadMessage {
  readonly message: Buffer;
  /** Before the reply: the guest asks for it as soon as it has that. */
  readonly first: boolean;
}

/** Items on their way to the guest, and by their serial numbers what those that it has would tell it. */
export class AheadOutbox {
  readonly #sent = new Map<number, SentAhead>();
  #serial = 0;
  #items: AheadItem[] = [];
  #first = false;

  add(opcode: number, node: NodeRecord, body: Buffer, sent: SentAhead): void {
    const serial = ++this.#serial;
    this.#sent.set(serial, sent);
    this.#sent.delete(serial - REMEMBERED_ITEMS);
    this.#items.push({ opcode, serial, nodeId: node.id, offset: 0, body });
  }

  /** A page of a listing, of which nothing is to be noted. */
  addPage(node: NodeRecord, offset: number, body: Buffer): void {
    this.#items.push({ opcode: OPCODES.readdirplus, serial: 0, nodeId: node.id, offset, body });
  }

  /** The next message goes before the reply. */
  hurry(): void {
    this.#first = true;
  }

  take(): AheadMessage | null {
    const [items, first] = [this.#items, this.#first];
    this.clear();
    if (items.length === 0) return null;
    const message = encodeAhead(items);
    // Only a guest that asks for listings in huge pages gets there. Nothing depends on what is sent ahead.
    return message.length <= MAX_MESSAGE_BYTES ? { message, first } : null;
  }

  clear(): void {
    this.#items = [];
    this.#first = false;
  }

  /** What the guest says that it used, each once; null for a serial number that is not known. */
  *noted(message: Buffer): Iterable<SentAhead | null> {
    for (const serial of decodeNotes(message)) {
      const sent = this.#sent.get(serial);
      this.#sent.delete(serial);
      yield sent ?? null;
    }
  }
}
