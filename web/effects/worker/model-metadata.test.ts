/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { ModelFormatError, withImageMetadata } from './model-metadata.ts';

const resolve = createRequire(import.meta.url).resolve;

function model(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(resolve(`@mediapipe/selfie_segmentation/${name}.tflite`)));
}

/** Reads FlatBuffers by field numbers, on its own. */
class Reader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): number {
    return this.follow(0);
  }

  follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  float32(at: number): number {
    return this.#view.getFloat32(at, true);
  }

  /** Where a table's field lies. */
  field(table: number, number: number): number {
    const vtable = table - this.#view.getInt32(table, true);
    const offset = this.#view.getUint16(vtable + 4 + 2 * number, true);
    expect(this.#view.getUint16(vtable, true)).toBeGreaterThan(4 + 2 * number);
    expect(offset).toBeGreaterThan(0);
    return table + offset;
  }

  tables(table: number, number: number): number[] {
    const vector = this.follow(this.field(table, number));
    return Array.from({ length: this.uint32(vector) }, (_, index) => this.follow(vector + 4 + 4 * index));
  }

  vector(table: number, number: number, bytesPerValue = 1): Uint8Array<ArrayBuffer> {
    const at = this.follow(this.field(table, number));
    return this.bytes.slice(at + 4, at + 4 + this.uint32(at) * bytesPerValue);
  }
}

/** What a network is made of: the numbers of its operators, and all its weights. */
function contents(reader: Reader): { readonly operators: number; readonly weights: readonly Uint8Array[] } {
  const root = reader.root();
  const weights = reader.tables(root, 4).map((buffer) => {
    const vtable = buffer - new DataView(reader.bytes.buffer).getInt32(buffer, true);
    const hasData = new DataView(reader.bytes.buffer).getUint16(vtable, true) > 4;
    return hasData ? reader.vector(buffer, 0) : new Uint8Array();
  });
  const [subgraph = 0] = reader.tables(root, 2);
  return { operators: reader.tables(subgraph, 3).length, weights };
}

describe.each(['selfie_segmentation', 'selfie_segmentation_landscape'])('metadata for %s', (name) => {
  it('leaves the network as it is', () => {
    const before = contents(new Reader(model(name)));
    const after = contents(new Reader(withImageMetadata(model(name))));
    expect(before.operators).toBeGreaterThan(50);
    expect(after.operators).toBe(before.operators);
    expect(after.weights.length).toBe(before.weights.length + 1);
    expect(
      before.weights.every((bytes, index) => Buffer.from(after.weights[index] ?? []).equals(bytes)),
    ).toBe(true);
  });

  it('says that pixels from 0 to 255 are 0 to 1', () => {
    const reader = new Reader(withImageMetadata(model(name)));
    const [entry = 0] = reader.tables(reader.root(), 6);
    expect(new TextDecoder().decode(reader.vector(entry, 0))).toBe('TFLITE_METADATA');
    const buffer = reader.tables(reader.root(), 4)[reader.uint32(reader.field(entry, 1))] ?? 0;
    const metadata = new Reader(reader.vector(buffer, 0));
    expect(new TextDecoder().decode(metadata.bytes.slice(4, 8))).toBe('M001');
    const [subgraph = 0] = metadata.tables(metadata.root(), 3);
    const [input = 0] = metadata.tables(subgraph, 2);
    expect(metadata.tables(subgraph, 3)).toHaveLength(1);
    const [unit = 0] = metadata.tables(input, 4);
    expect(metadata.bytes[metadata.field(unit, 0)]).toBe(1);
    const options = metadata.follow(metadata.field(unit, 1));
    const value = (number: number): number =>
      metadata.float32(metadata.follow(metadata.field(options, number)) + 4);
    expect([value(0), value(1)]).toEqual([0, 255]);
  });

  it('keeps all weights at multiples of 16', () => {
    const shift = withImageMetadata(model(name)).byteLength - model(name).byteLength;
    expect(shift % 16).toBe(0);
  });

  it('refuses what is cut off, and what has metadata', () => {
    const whole = model(name);
    for (const length of [0, 3, 8, 20, 40, 400]) {
      expect(() => withImageMetadata(whole.slice(0, length))).toThrow(ModelFormatError);
    }
    expect(() => withImageMetadata(withImageMetadata(whole))).toThrow('has metadata');
  });
});

it('refuses what is no model', () => {
  expect(() =>
    withImageMetadata(new TextEncoder().encode('<!doctype html><title>not found</title>')),
  ).toThrow(ModelFormatError);
});
