/**
 * Gives a TFLite model the metadata that MediaPipe's image tasks ask of it: how a pixel becomes the network's input. Follows
 * the FlatBuffers binary format, TFLite's `schema.fbs` (tables Model, Buffer, Metadata) and `metadata_schema.fbs`.
 *
 * What will surprise you:
 * - The model stays as it is: a new root is laid before it, which points into it. FlatBuffers' references only point
 *   forward, so that what is new can name what is old, but not the other way round.
 * - Only what is needed is written: one image, whose pixels (0 to 255) the network takes as 0 to 1.
 */

/** The model is not one that this code understands. */
export class ModelFormatError extends Error {
  readonly code = 'MODEL_FORMAT';
  override readonly name = 'ModelFormatError';
}

/** Fields of the table Model, by their places in its schema. */
const FIELD = {
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
  metadata: 6,
} as const;
const MODEL_FIELDS = 7;
/** Whatever is aligned in the model stays so when it is moved by a multiple of this. */
const ALIGNMENT_BYTES = 16;
const LIMIT_BUFFERS = 4096;

/**
 * @param model a TFLite file without metadata.
 * @returns the same model, with metadata.
 * @throws ModelFormatError where it is no TFLite file, or has metadata already.
 */
export function withImageMetadata(model: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const old = new DataView(model.buffer, model.byteOffset, model.byteLength);
  try {
    return relaid(model, old);
  } catch (error) {
    if (error instanceof RangeError) throw new ModelFormatError('the model is cut off', { cause: error });
    throw error;
  }
}

function relaid(model: Uint8Array<ArrayBuffer>, old: DataView): Uint8Array<ArrayBuffer> {
  if (old.getUint32(4, true) !== identifier('TFL3')) throw new ModelFormatError('not a TFLite model');
  const root = old.getUint32(0, true);
  if (fieldOffset(old, root, FIELD.metadata) !== 0) throw new ModelFormatError('the model has metadata');
  const buffers = target(old, root, FIELD.buffers);
  const bufferCount = old.getUint32(buffers, true);
  if (bufferCount > LIMIT_BUFFERS) throw new ModelFormatError(`the model has ${bufferCount} buffers`);

  const metadata = imageMetadata();
  // Where everything of the new root lies; a vtable has two numbers of two bytes before its fields.
  const vtable = 8;
  const table = align(vtable + 4 + 2 * MODEL_FIELDS, 4);
  const buffersVector = table + 4 + 4 * MODEL_FIELDS;
  const metadataVector = buffersVector + 4 + 4 * (bufferCount + 1);
  const entryVtable = metadataVector + 8;
  const entry = entryVtable + 8;
  const name = entry + 12;
  const bufferVtable = align(name + 4 + METADATA_NAME.length + 1, 4);
  const buffer = bufferVtable + 8;
  // The data itself is aligned, not the length before it.
  const data = align(buffer + 8 + 4, ALIGNMENT_BYTES) - 4;
  const headerBytes = align(data + 4 + metadata.byteLength, ALIGNMENT_BYTES);

  const bytes = new Uint8Array(headerBytes + model.byteLength);
  bytes.set(model, headerBytes);
  const out = new DataView(bytes.buffer);
  const point = (at: number, to: number): void => out.setUint32(at, to - at, true);
  const tableAt = (at: number, itsVtable: number): void => out.setInt32(at, at - itsVtable, true);

  point(0, table);
  out.setUint32(4, identifier('TFL3'), true);
  out.setUint16(vtable, 4 + 2 * MODEL_FIELDS, true);
  out.setUint16(vtable + 2, 4 + 4 * MODEL_FIELDS, true);
  tableAt(table, vtable);
  const slot = (field: number): number => {
    out.setUint16(vtable + 4 + 2 * field, 4 + 4 * field, true);
    return table + 4 + 4 * field;
  };
  const version = fieldOffset(old, root, FIELD.version);
  out.setUint32(slot(FIELD.version), version === 0 ? 0 : old.getUint32(root + version, true), true);
  for (const field of [FIELD.operatorCodes, FIELD.subgraphs, FIELD.description]) {
    if (fieldOffset(old, root, field) !== 0) point(slot(field), headerBytes + target(old, root, field));
  }
  point(slot(FIELD.buffers), buffersVector);
  out.setUint32(buffersVector, bufferCount + 1, true);
  for (let index = 0; index < bufferCount; index++) {
    const at = 4 + 4 * index;
    point(buffersVector + at, headerBytes + buffers + at + old.getUint32(buffers + at, true));
  }
  point(buffersVector + 4 + 4 * bufferCount, buffer);
  point(slot(FIELD.metadata), metadataVector);
  out.setUint32(metadataVector, 1, true);
  point(metadataVector + 4, entry);
  // Metadata { name, buffer }
  for (const [index, value] of [8, 12, 4, 8].entries()) out.setUint16(entryVtable + 2 * index, value, true);
  tableAt(entry, entryVtable);
  point(entry + 4, name);
  out.setUint32(entry + 8, bufferCount, true);
  out.setUint32(name, METADATA_NAME.length, true);
  bytes.set(new TextEncoder().encode(METADATA_NAME), name + 4);
  // Buffer { data }
  for (const [index, value] of [6, 8, 4].entries()) out.setUint16(bufferVtable + 2 * index, value, true);
  tableAt(buffer, bufferVtable);
  point(buffer + 4, data);
  out.setUint32(data, metadata.byteLength, true);
  bytes.set(metadata, data + 4);
  return bytes;
}

const METADATA_NAME = 'TFLITE_METADATA';

/** ModelMetadata > SubGraphMetadata > TensorMetadata > ProcessUnit > NormalizationOptions, as one chain of references. */
function imageMetadata(): Uint8Array<ArrayBuffer> {
  const writer = new ChainWriter();
  writer.root('M001');
  writer.table(3);
  writer.vectorOfOne();
  writer.subgraph();
  return writer.finish();
}

/** Lays tables one behind the other, each pointed to by the one before. */
class ChainWriter {
  readonly #bytes = new Uint8Array(512);
  readonly #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** Where the reference to what comes next is to be written. */
  #pending = 0;

  root(fileIdentifier: string): void {
    this.#view.setUint32(4, identifier(fileIdentifier), true);
    this.#end = 8;
  }

  /** A table whose only field is a reference to what comes next. */
  table(field: number): void {
    this.#open([field]);
    this.#pending = this.#end - 4;
  }

  vectorOfOne(): void {
    this.#reach();
    this.#view.setUint32(this.#end, 1, true);
    this.#pending = this.#end + 4;
    this.#end += 8;
  }

  /** One input with normalization, one output about which there is nothing to say. */
  subgraph(): void {
    const at = this.#open([2, 3]);
    const output = at + 8;
    this.#pending = at + 4;
    this.vectorOfOne();
    this.table(4);
    this.vectorOfOne();
    // ProcessUnit { options_type, options }: the type is one byte in a field of four.
    const unit = this.#open([0, 1]);
    this.#view.setUint8(unit + 4, NORMALIZATION_OPTIONS);
    this.#pending = unit + 8;
    const options = this.#open([0, 1]);
    this.#pending = options + 4;
    this.#float(0);
    this.#pending = options + 8;
    this.#float(255);
    this.#pending = output;
    this.vectorOfOne();
    this.#open([]);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#end);
  }

  /** @returns where the table is; its fields follow, four bytes each, in the order given. */
  #open(fields: readonly number[]): number {
    const vtable = this.#end;
    const slots = Math.max(-1, ...fields) + 1;
    const vtableBytes = 4 + 2 * slots;
    const at = align(vtable + vtableBytes, 4);
    this.#view.setUint16(vtable, vtableBytes, true);
    this.#view.setUint16(vtable + 2, 4 + 4 * fields.length, true);
    for (const [index, field] of fields.entries()) {
      this.#view.setUint16(vtable + 4 + 2 * field, 4 + 4 * index, true);
    }
    this.#view.setInt32(at, at - vtable, true);
    this.#end = at;
    this.#reach();
    this.#end = at + 4 + 4 * fields.length;
    return at;
  }

  #float(value: number): void {
    this.#reach();
    this.#view.setUint32(this.#end, 1, true);
    this.#view.setFloat32(this.#end + 4, value, true);
    this.#end += 8;
  }

  #reach(): void {
    this.#view.setUint32(this.#pending, this.#end - this.#pending, true);
  }
}

const NORMALIZATION_OPTIONS = 1;

/** @returns the place of a field after its table, or 0 where the table lacks it. */
function fieldOffset(view: DataView, table: number, field: number): number {
  const vtable = table - view.getInt32(table, true);
  return view.getUint16(vtable, true) <= 4 + 2 * field ? 0 : view.getUint16(vtable + 4 + 2 * field, true);
}

/** @returns what a field refers to. */
function target(view: DataView, table: number, field: number): number {
  const offset = fieldOffset(view, table, field);
  if (offset === 0) throw new ModelFormatError(`the model lacks field ${field}`);
  return table + offset + view.getUint32(table + offset, true);
}

function align(value: number, bytes: number): number {
  return Math.ceil(value / bytes) * bytes;
}

function identifier(text: string): number {
  return new DataView(new TextEncoder().encode(text).buffer).getUint32(0, true);
}
