const ALIGNMENT_BYTES = 16;

/** Up to a multiple of 16, in memory of its own. */
export function padded(bytes: Buffer, filling = '\0'): Buffer {
  const whole = Buffer.from(new ArrayBuffer(Math.ceil(bytes.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES));
  bytes.copy(whole);
  return whole.fill(filling, bytes.length);
}

/** In place: at a multiple of 4 bytes. */
export function wordsOf({ buffer, byteOffset, byteLength }: Buffer): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

/** In place. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Int32Array | Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
