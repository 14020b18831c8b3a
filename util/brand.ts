declare const brand: unique symbol;

/** A string that only the code which checked it may call `Name`: `type SnapshotId = Brand<string, 'SnapshotId'>`. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
