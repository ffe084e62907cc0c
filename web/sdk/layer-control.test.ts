import { describe, expect, it } from 'vitest';
import type { LayersNotSet } from './errors.ts';
import { LayerControl, type LayeredStream } from './layer-control.ts';
import { FakeSender } from './testing/fake-sender.ts';
import { settle } from './testing/virtual-clock.ts';

function setUp(layers: number): {
  control: LayerControl;
  stream: LayeredStream & { closed: boolean };
  sender: FakeSender;
  errors: LayersNotSet[];
} {
  const errors: LayersNotSet[] = [];
  const control = new LayerControl((error) => errors.push(error));
  const sender = new FakeSender(null, layers);
  const stream = {
    closed: false,
    rtpSender: sender,
    // As mediasoup-client's, which keeps failures to itself.
    setMaxSpatialLayer: (layer: number) => sender.setMaxLayer(layer).catch(() => undefined),
  };
  return { control, sender, stream, errors };
}

describe('LayerControl', () => {
  it('sends as many layers as are watched, from the smallest', async () => {
    const { control, sender, stream, errors } = setUp(3);
    control.add('p', stream);
    await settle();
    expect(sender.asked).toEqual([]);
    for (const layers of [3, 2, 2, 0, 1]) {
      control.want('p', layers);
      await settle();
    }
    expect(sender.asked).toEqual([
      [true, true, false],
      [false, false, false],
      [true, false, false],
    ]);
    expect(errors).toEqual([]);
  });

  it('switches a stream of one layer off and on', async () => {
    const { control, sender, stream } = setUp(1);
    control.add('p', stream);
    control.want('p', 0);
    await settle();
    expect(sender.active).toEqual([false]);
    control.want('p', 1);
    await settle();
    expect(sender.active).toEqual([true]);
  });

  it('carries out the last of several wishes that come while the platform is busy', async () => {
    const { control, sender, stream } = setUp(3);
    const gate = Promise.withResolvers<undefined>();
    sender.gate = gate.promise.then(() => undefined);
    control.add('p', stream);
    for (const layers of [1, 2, 3, 0, 2]) control.want('p', layers);
    await settle();
    expect(sender.asked).toHaveLength(1);
    gate.resolve(undefined);
    await settle();
    expect(sender.asked).toHaveLength(2);
    expect(sender.active).toEqual([true, true, false]);
  });

  it('keeps a wish about a stream that is not known yet, and forgets what has ended', async () => {
    const { control, sender, stream } = setUp(2);
    control.want('p', 1);
    control.want('gone', 1);
    control.remove('gone');
    control.add('p', stream);
    control.add('gone', stream);
    await settle();
    expect(sender.asked).toEqual([[true, false]]);
    control.remove('p');
    control.want('p', 2);
    await settle();
    expect(sender.asked).toHaveLength(1);
  });

  it('remembers no more wishes about strangers than it has to', async () => {
    const { control, sender, stream } = setUp(2);
    for (let count = 0; count < 100; count++) control.want(`p${count}`, 1);
    control.add('p0', stream);
    await settle();
    expect(sender.asked).toEqual([]);
    control.add('p99', stream);
    await settle();
    expect(sender.asked).toEqual([[true, false]]);
    control.clear();
  });

  it('tells of a refusal, but not where the stream ended meanwhile', async () => {
    const { control, sender, stream, errors } = setUp(2);
    control.add('p', stream);
    const gate = Promise.withResolvers<undefined>();
    sender.gate = gate.promise.then(() => undefined);
    control.want('p', 1);
    stream.closed = true;
    gate.reject(new Error('closed'));
    await settle();
    expect(errors).toEqual([]);
    stream.closed = false;
    control.want('p', 0);
    await settle();
    expect(errors).toMatchObject([{ code: 'layers-not-set' }]);
  });
});

describe('LayerControl, the rate of a stream of one layer', () => {
  it('never exceeds what it was published with, nor what it is limited to', async () => {
    const { control, sender, stream } = setUp(1);
    sender.limit(800_000);
    control.add('p', stream);
    const after: (number | undefined)[] = [];
    for (const maxBps of [300_000, 2_000_000, 250_000.4]) {
      control.limit('p', maxBps);
      await settle();
      after.push(sender.getParameters().encodings[0]?.maxBitrate);
    }
    expect(after).toEqual([300_000, 800_000, 250_000]);
    control.want('p', 0);
    await settle();
    expect(sender.active).toEqual([false]);
    expect(sender.getParameters().encodings[0]?.maxBitrate).toBe(250_000);
  });

  it('is set without asking twice, and kept for a stream that is not known yet', async () => {
    const { control, sender, stream } = setUp(1);
    control.limit('p', 300_000);
    control.want('p', 1);
    control.add('p', stream);
    await settle();
    expect(sender.getParameters().encodings[0]?.maxBitrate).toBe(300_000);
    const { length } = sender.asked;
    control.limit('p', 300_000);
    await settle();
    expect(sender.asked).toHaveLength(length);
  });

  it('is no matter of streams with several layers', async () => {
    const { control, sender, stream, errors } = setUp(3);
    control.add('p', stream);
    control.limit('p', 300_000);
    await settle();
    expect(sender.getParameters().encodings.map(({ maxBitrate }) => maxBitrate)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(sender.asked).toEqual([]);
    expect(errors).toEqual([]);
  });
});
